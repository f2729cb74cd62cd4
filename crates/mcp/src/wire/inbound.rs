//! From a request of the client to a request of the SDK, and what travels beside it.

use std::sync::{Arc, Mutex, PoisonError};

use cutover_js::{Object, Text, Value};
use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CancelledNotification, CancelledNotificationParam,
    ClientCapabilities, ClientJsonRpcMessage, ClientRequest, CustomRequest, ErrorCode,
    Implementation, InitializeRequest, InitializeRequestParams, ListToolsRequest, PingRequest,
    ProtocolVersion, RequestId,
};

use super::issue;
use super::requests::{Method, TASK};
use super::shape;
use crate::answer::Answer;

/// What travels beside a request: the call as JavaScript sees it, and its answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Carried {
    /// The tool's name and its arguments; none where the request is no call.
    pub(crate) call: Option<Arc<Call>>,
    answer: Arc<Mutex<Option<Answer>>>,
}

/// A call of a tool.
#[derive(Debug)]
pub(crate) struct Call {
    /// The tool.
    pub(crate) name: Text,
    /// Its arguments.
    pub(crate) arguments: Object,
}

impl Carried {
    /// Leaves the answer for whoever writes it.
    pub(crate) fn leave(&self, answer: Answer) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }

    /// The answer that was left.
    pub(super) fn take(&self) -> Option<Answer> {
        self.answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// Beside a request that is refused: the error to answer with.
#[derive(Debug, Clone)]
pub(crate) struct Refused(pub(crate) ErrorData);

/// The SDK's request, with what travels beside it in its extensions.
pub(super) fn request(method: &Text, params: Option<&Value>) -> (ClientRequest, Carried) {
    let known = method.as_str().and_then(Method::named);
    let checked = match known {
        None => Err(ErrorData::new(
            ErrorCode::METHOD_NOT_FOUND,
            "Method not found",
            None,
        )),
        Some(known) => checked(known, method, params).map(|()| known),
    };
    let request = match checked {
        Err(error) => {
            let mut request = CustomRequest::new(method.to_string(), None);
            request.extensions.insert(Refused(error));
            ClientRequest::CustomRequest(request)
        }
        Ok(Method::Ping) => ClientRequest::PingRequest(PingRequest::default()),
        Ok(Method::ListTools) => ClientRequest::ListToolsRequest(ListToolsRequest::default()),
        Ok(Method::Initialize) => ClientRequest::InitializeRequest(initialize(params)),
        Ok(Method::CallTool) => return call(params),
    };
    (request, Carried::default())
}

/// What speaks against a request: the order is the original's.
fn checked(known: Method, method: &Text, params: Option<&Value>) -> Result<(), ErrorData> {
    let refused = |message| Err(ErrorData::new(ErrorCode::INTERNAL_ERROR, message, None));
    let task = params.and_then(|params| member(params, "task"));
    if task.is_some() && shape::issues(&TASK, task, &[]).is_empty() {
        let message = format!("Server does not support task creation (required for {method})");
        return refused(message);
    }
    let issues = known.issues(params);
    if issues.is_empty() {
        return Ok(());
    }
    refused(issue::message(&issues))
}

fn initialize(params: Option<&Value>) -> InitializeRequest {
    let asked = params.and_then(|params| member(params, "protocolVersion"));
    let asked = asked.and_then(Value::as_text).map(Text::to_string);
    let version = serde_json::from_value::<ProtocolVersion>(asked.unwrap_or_default().into());
    // The client's name and abilities change nothing here.
    let client = Implementation::new("client", "");
    let params = InitializeRequestParams::new(ClientCapabilities::default(), client);
    InitializeRequest::new(params.with_protocol_version(version.unwrap_or_default()))
}

/// Arguments leave out `__proto__`, as the original's copy of them does.
fn call(params: Option<&Value>) -> (ClientRequest, Carried) {
    let name = params.and_then(|params| member(params, "name"));
    let name = name.and_then(Value::as_text).cloned().unwrap_or_default();
    let mut arguments = Object::new();
    if let Some(Value::Object(given)) = params.and_then(|params| member(params, "arguments")) {
        for (key, value) in given.iter().filter(|(key, _)| **key != "__proto__") {
            arguments.insert(key.clone(), value.clone());
        }
    }
    let mut request = CallToolRequest::new(CallToolRequestParams::new(name.to_string()));
    let carried = Carried {
        call: Some(Arc::new(Call { name, arguments })),
        answer: Arc::default(),
    };
    request.extensions.insert(carried.clone());
    (ClientRequest::CallToolRequest(request), carried)
}

fn member<'a>(params: &'a Value, key: &str) -> Option<&'a Value> {
    match params {
        Value::Object(object) => object.get(key),
        _ => None,
    }
}

/// The request that a notification cancels. An empty text and 0 count as none.
pub(super) fn cancelled(params: &Value) -> Option<&Value> {
    let id = member(params, "requestId")?;
    let id_like = matches!(id, Value::String(_) | Value::Number(_));
    (id_like && id.is_truthy()).then_some(id)
}

/// The SDK's word for cancelling the request of this number.
pub(super) fn cancel(number: i64) -> ClientJsonRpcMessage {
    let params = CancelledNotificationParam::new(Some(RequestId::Number(number)), None);
    ClientJsonRpcMessage::notification(CancelledNotification::new(params).into())
}
