//! From an answer of the SDK to the line that the client gets.

use cutover_js::{Value, json};
use rmcp::model::{JsonRpcMessage, ServerJsonRpcMessage};

use super::inbound::Carried;

/// The line of an answer, in the order of members that the original's library writes.
pub(super) fn line(id: &Value, carried: &Carried, answer: ServerJsonRpcMessage) -> String {
    let id = json::stringify(id);
    match answer {
        JsonRpcMessage::Response(response) => {
            let result = carried.take().map(|answer| answer.json());
            let result = result.unwrap_or_else(|| plain(serde_json::to_string(&response.result)));
            format!("{{\"result\":{result},\"jsonrpc\":\"2.0\",\"id\":{id}}}\n")
        }
        JsonRpcMessage::Error(error) => {
            let error = plain(serde_json::to_string(&error.error));
            format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{error}}}\n")
        }
        // No answers: they are not written.
        JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => String::new(),
    }
}

/// What the SDK's own types are as JSON; they hold nothing that cannot be written.
fn plain(json: serde_json::Result<String>) -> String {
    json.unwrap_or_else(|_| "{}".to_owned())
}
