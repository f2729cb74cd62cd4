//! How a stream says that it ended.

use cutover_js::{Object, Value, json, utf8};

use super::{Code, RpcError};
use crate::e2b::bytes64;

/// Reads the last message of a stream: nothing if all is well.
pub(in crate::e2b) fn read(content: &[u8]) -> Result<(), RpcError> {
    let unreadable = || RpcError::new(Code::Unknown, "invalid end stream");
    let told = json::parse_text(&utf8::decode(content)).map_err(|_| unreadable())?;
    let told = told.as_object().ok_or_else(unreadable)?;
    if let Some(metadata) = told.get("metadata") {
        let metadata = metadata.as_object().ok_or_else(unreadable)?;
        if !metadata.iter().all(|(_, values)| are_texts(values)) {
            return Err(unreadable());
        }
    }
    match told.get("error") {
        None | Some(Value::Null) => Ok(()),
        Some(error) => Err(error_from_json(error, unreadable())),
    }
}

/// The error that JSON tells, or another if it tells none.
pub(in crate::e2b) fn error_from_json(error: &Value, otherwise: RpcError) -> RpcError {
    let Some(error) = error.as_object() else {
        return otherwise;
    };
    let code = error.get("code").and_then(Value::as_text);
    let code = code.and_then(|it| Code::named(it.as_str()?));
    let code = code.unwrap_or(otherwise.code);
    let words = match error.get("message") {
        None | Some(Value::Null) => "".into(),
        Some(Value::String(words)) => words.clone(),
        Some(_) => return otherwise,
    };
    if let Some(Value::Array(details)) = error.get("details")
        && !details.iter().all(is_detail)
    {
        return otherwise;
    }
    RpcError { code, words }
}

fn are_texts(values: &Value) -> bool {
    matches!(values, Value::Array(values) if values.iter().all(|it| it.as_text().is_some()))
}

fn is_detail(detail: &Value) -> bool {
    let text = |detail: &Object, name: &str| detail.get(name).and_then(Value::as_text).cloned();
    detail.as_object().is_some_and(|detail| {
        let value = text(detail, "value");
        text(detail, "type").is_some()
            && value.is_some_and(|it| bytes64::decoded(&it.to_string_lossy()).is_some())
    })
}
