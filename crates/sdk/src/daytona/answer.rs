//! What the SDK makes of an answer: a value, or the message of an error.

use cutover_js::{Text, Value, json, utf8};

use crate::error::{Class, Error};

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    /// What is thrown.
    pub(super) error: Error,
    /// Whether it is the SDK's `DaytonaTimeoutError`.
    pub(super) timed_out: bool,
    /// The status of the answer, if there was one.
    pub(super) status: Option<u16>,
}

impl Failed {
    /// An error that has no answer.
    pub(super) fn without_answer(message: impl Into<Text>) -> Self {
        Self {
            error: Error::new(message),
            timed_out: false,
            status: None,
        }
    }

    /// A time limit.
    pub(super) fn timeout(status: Option<u16>) -> Self {
        Self {
            error: Error::new("Operation timed out"),
            timed_out: true,
            status,
        }
    }

    /// An error that an answer tells.
    pub(super) fn answered(status: u16, message: impl Into<Text>) -> Self {
        Self {
            error: Error::new(message).with_status(status),
            timed_out: false,
            status: Some(status),
        }
    }

    /// The same error, about something.
    pub(super) fn about(mut self, class: Class) -> Self {
        self.error.class = class;
        self
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

/// What axios makes of a body: JSON where it is some, else the text.
pub(super) fn data(body: &[u8]) -> Value {
    let text = utf8::decode(body);
    if text.is_empty() {
        return Value::String(text);
    }
    json::parse_text(&text).unwrap_or(Value::String(text))
}

/// The message of the error that the SDK makes of an answer with a status that is none of success.
pub(super) fn refusal(status: u16, body: &[u8]) -> Text {
    let data = data(body);
    let own = data.get("message").filter(|it| it.is_truthy());
    match own.unwrap_or(&data) {
        said if !said.is_truthy() => format!("Request failed with status code {status}").into(),
        said @ (Value::Object(_) | Value::Array(_)) => json::stringify(said).into(),
        said => said.to_js_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_as_the_sdk_tells_it() {
        for (body, wanted) in [
            ("", "Request failed with status code 404"),
            ("\u{feff}", "Request failed with status code 404"),
            ("null", "Request failed with status code 404"),
            ("0", "Request failed with status code 404"),
            ("\"\"", "Request failed with status code 404"),
            ("not JSON", "not JSON"),
            ("\"text\"", "text"),
            ("5", "5"),
            ("true", "true"),
            (r#"{"message":"m","code":1}"#, "m"),
            (r#"{"message":""}"#, r#"{"message":""}"#),
            (r#"{"message":null,"a":1}"#, r#"{"message":null,"a":1}"#),
            (r#"{"message":{"b":[1]}}"#, r#"{"b":[1]}"#),
            (r#"{"message":7}"#, "7"),
            (r#"{"message":["x","y"]}"#, r#"["x","y"]"#),
            (r#"{"error":"e"}"#, r#"{"error":"e"}"#),
            ("[]", "[]"),
            ("\u{feff}{\"message\":\"m\"}", "m"),
            ("<html>", "<html>"),
        ] {
            assert_eq!(refusal(404, body.as_bytes()), wanted, "{body}");
        }
    }
}
