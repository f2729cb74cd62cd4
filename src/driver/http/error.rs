//! Why a request gave nothing that can be used.

use std::error::Error;
use std::fmt::Write as _;

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::call::{Failure, FailureClass};
use crate::driver::DriverError;

/// Bytes of an error body that are read; a provider's message is far shorter.
pub(crate) const ERROR_BODY_BYTES_MAX: usize = 64 * 1024;

/// An answer that was no success. Texts are redacted.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// The driver's operation.
    pub(crate) op: &'static str,
    /// HTTP status.
    pub(crate) status: u16,
    /// Headers.
    pub(crate) headers: HeaderMap,
    /// The beginning of the body.
    pub(crate) body: String,
    /// Which attempt it answered, from 1.
    pub(crate) attempt: u32,
}

impl Refusal {
    /// The body as JSON, if it is that.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// The provider's words: `message`, else `error` or `errors`, else the text, else the status.
    pub(crate) fn message(&self) -> String {
        if let Some(words) = self.json().as_ref().and_then(words) {
            return words;
        }
        let text = self.body.trim();
        if text.is_empty() {
            format!("HTTP {} without a body", self.status)
        } else if is_html(text) {
            format!("HTTP {} with an HTML page: {}", self.status, cut(text))
        } else {
            cut(text).to_owned()
        }
    }

    /// A header's value, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// Whether the answer says that it is JSON.
    pub(crate) fn says_json(&self) -> bool {
        is_json(self.header("content-type"))
    }

    /// The failure of an answer that is not in the provider's own form: whoever sent it, the
    /// provider did not do its work.
    pub(crate) fn foreign(&self) -> Failure {
        let words = self.message();
        let status = self.status;
        let said = if words.starts_with("HTTP ") {
            words
        } else {
            format!("HTTP {status}: {words}")
        };
        Failure::new(
            self.error_of_status(),
            format!("{said} (not in the provider's form)"),
        )
    }

    /// The class of a status that nothing explains further; always one that means that the work
    /// was not done.
    pub(crate) fn error_of_status(&self) -> FailureClass {
        match self.status {
            401 | 403 | 407 | 511 => FailureClass::Unauthorized,
            429 => FailureClass::RateLimited,
            // Those of 520 upwards are a load balancer's for a server that it does not reach.
            408 | 425 | 499 | 502..=504 | 520..=530 | 598 | 599 => FailureClass::Unavailable,
            _ => FailureClass::Internal,
        }
    }

    /// The class of a status in the provider's own form, where what is refused is an error
    /// whatever its class.
    pub(crate) fn class_of_status(&self) -> FailureClass {
        match self.status {
            400 | 409 | 422 => FailureClass::Invalid,
            404 => FailureClass::NotFound,
            413 | 507 => FailureClass::TooLarge,
            _ => self.error_of_status(),
        }
    }
}

/// Whether a content type is that of JSON.
pub(crate) fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

fn words(body: &Value) -> Option<String> {
    for key in ["message", "error", "errors"] {
        match body.get(key) {
            Some(Value::String(text)) if !text.is_empty() => return Some(text.clone()),
            Some(Value::Array(list)) if !list.is_empty() => {
                let parts: Vec<String> = list
                    .iter()
                    .map(|part| {
                        part.as_str()
                            .map_or_else(|| part.to_string(), str::to_owned)
                    })
                    .collect();
                return Some(parts.join(", "));
            }
            _ => {}
        }
    }
    None
}

/// Whether a text is a web page where a provider's answer was due.
pub(crate) fn is_html(text: &str) -> bool {
    text.trim_start().starts_with('<')
}

/// The beginning of a text, for a message.
pub(crate) fn cut(text: &str) -> &str {
    let end = text
        .char_indices()
        .nth(300)
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Why a request gave nothing that can be used.
#[derive(Debug)]
pub(crate) enum HttpError {
    /// An answer came and says no.
    Refused(Box<Refusal>),
    /// No answer came, or it broke off.
    Lost(String),
    /// An answer came that the contract does not allow.
    Unusable(String),
    /// The fault is ours.
    Ours(DriverError),
}

impl HttpError {
    /// The error when a refusal means this.
    pub(crate) fn explained(self, meaning: impl FnOnce(&Refusal) -> Failure) -> DriverError {
        match self {
            Self::Refused(refusal) => meaning(&refusal).into(),
            other => other.plain(),
        }
    }

    /// The error when nothing further is to be found out.
    pub(crate) fn plain(self) -> DriverError {
        match self {
            Self::Refused(refusal) => refusal.foreign().into(),
            Self::Lost(words) => Failure::new(FailureClass::Unavailable, words).into(),
            Self::Unusable(words) => Failure::new(FailureClass::Internal, words).into(),
            Self::Ours(error) => error,
        }
    }
}

impl From<DriverError> for HttpError {
    fn from(error: DriverError) -> Self {
        Self::Ours(error)
    }
}

impl From<std::io::Error> for HttpError {
    fn from(error: std::io::Error) -> Self {
        Self::Ours(DriverError::Harness(format!(
            "captured bytes could not be kept: {error}"
        )))
    }
}

/// An error with all its causes; the outermost text alone says only that sending failed.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            let _ = write!(text, ": {more}");
        }
        cause = error.source();
    }
    if text.contains("UnknownIssuer") || text.contains("invalid peer certificate") {
        text.push_str(" (a private CA is trusted with SSL_CERT_FILE)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(status: u16, body: &str) -> String {
        let refusal = Refusal {
            op: "x",
            status,
            headers: HeaderMap::new(),
            body: body.to_owned(),
            attempt: 1,
        };
        refusal.message()
    }

    #[test]
    fn an_answer_of_nobody_we_know_is_an_error_whatever_its_status() {
        for status in 300..=999 {
            let refusal = Refusal {
                op: "x",
                status,
                headers: HeaderMap::new(),
                body: "{\"message\":\"no\"}".to_owned(),
                attempt: 1,
            };
            assert!(refusal.foreign().class.is_error(), "{status}");
        }
    }

    #[test]
    fn the_providers_words_are_found_in_every_shape() {
        assert_eq!(message(404, r#"{"code":404,"message":"gone"}"#), "gone");
        assert_eq!(message(400, r#"{"error":"bad list"}"#), "bad list");
        assert_eq!(
            message(400, r#"{"errors":["a: x","b: y"],"files":null}"#),
            "a: x, b: y"
        );
        assert_eq!(message(404, "404 page not found"), "404 page not found");
        assert_eq!(message(502, ""), "HTTP 502 without a body");
        assert_eq!(message(500, "{}"), "{}");
        assert!(message(502, "<html>nginx</html>").starts_with("HTTP 502 with an HTML page"));
    }
}
