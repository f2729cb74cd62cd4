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

    /// A failure of this class with the provider's words.
    pub(crate) fn failure(&self, class: FailureClass) -> Failure {
        Failure::new(class, self.message())
    }

    /// The class of a status that no contract explains further; words decide before this.
    pub(crate) fn class_of_status(&self) -> FailureClass {
        match self.status {
            401 | 403 => FailureClass::Unauthorized,
            404 | 410 => FailureClass::NotFound,
            408 => FailureClass::Timeout,
            413 | 507 => FailureClass::TooLarge,
            400 | 409 | 422 => FailureClass::Invalid,
            429 => FailureClass::RateLimited,
            502..=504 => FailureClass::Unavailable,
            _ => FailureClass::Internal,
        }
    }
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
    /// The error when nothing further is to be found out: classes by status alone.
    pub(crate) fn plain(self) -> DriverError {
        match self {
            Self::Refused(refusal) => refusal.failure(refusal.class_of_status()).into(),
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
            status,
            headers: HeaderMap::new(),
            body: body.to_owned(),
            attempt: 1,
        };
        refusal.message()
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
