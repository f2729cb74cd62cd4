//! What the desk answers.

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

/// A refusal: a status and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: String,
    /// Methods that would be right, for the one status that must name them.
    pub(super) allow: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            allow: None,
        }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn method(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                format!("wrong method; this path takes {allow}"),
            )
        }
    }

    pub(super) fn into_response(self) -> Response {
        let body = json!({"code": self.status.as_u16(), "message": self.message});
        let mut response = response(self.status, &body);
        if let Some(allow) = self.allow {
            let value = HeaderValue::from_static(allow);
            response.headers_mut().insert(ALLOW, value);
        }
        response
    }
}

/// An answer in JSON, ended by a newline for the terminal it is likely read on.
pub(super) fn response(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(format!("{body}\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // What it says is true at the moment only.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
