//! Which lines are messages, and of which kind.

use cutover_js::{Object, Text, Value, json};

/// Where a request says to which task it belongs.
const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";

/// A message from the client.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Message {
    /// Expects an answer.
    Request {
        /// A text or a whole number.
        id: Value,
        method: Text,
        /// An object, if there.
        params: Option<Value>,
    },
    /// Expects none.
    Notification { method: Text, params: Option<Value> },
}

/// The message of a line.
///
/// None for what the original lets pass without an answer: text that is no JSON, JSON that is no
/// message (`params: null`, members that no message has), and answers, since the server asks
/// nothing.
pub(super) fn read(line: &str) -> Option<Message> {
    let Ok(Value::Object(object)) = json::parse_text(&Text::from(line)) else {
        return None;
    };
    if !matches!(object.get("jsonrpc"), Some(Value::String(version)) if *version == "2.0") {
        return None;
    }
    let Some(Value::String(method)) = object.get("method") else {
        return None;
    };
    let params = object.get("params");
    if params.is_some_and(|params| !is_params(params)) {
        return None;
    }
    let (method, params) = (method.clone(), params.cloned());
    match object.get("id") {
        None if has_only(&object, &["jsonrpc", "method", "params"]) => {
            Some(Message::Notification { method, params })
        }
        Some(id) if is_id(id) && has_only(&object, &["jsonrpc", "id", "method", "params"]) => {
            let id = id.clone();
            Some(Message::Request { id, method, params })
        }
        _ => None,
    }
}

fn has_only(object: &Object, keys: &[&str]) -> bool {
    object
        .iter()
        .all(|(name, _)| keys.iter().any(|key| *name == **key))
}

/// A text, or a whole number that JavaScript holds exactly.
fn is_id(value: &Value) -> bool {
    const EXACT: f64 = 9_007_199_254_740_991.0;
    match value {
        Value::String(_) => true,
        Value::Number(number) => number.fract() == 0.0 && number.abs() <= EXACT,
        _ => false,
    }
}

/// An object whose `_meta` is one that a message may have.
fn is_params(value: &Value) -> bool {
    let Value::Object(params) = value else {
        return false;
    };
    match params.get("_meta") {
        None => true,
        Some(Value::Object(meta)) => {
            meta.get("progressToken").is_none_or(is_id)
                && meta.get(RELATED_TASK).is_none_or(is_related_task)
        }
        Some(_) => false,
    }
}

fn is_related_task(value: &Value) -> bool {
    matches!(value, Value::Object(task) if matches!(task.get("taskId"), Some(Value::String(_))))
}
