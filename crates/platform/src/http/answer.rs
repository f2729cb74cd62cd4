//! How a call's outcome becomes an answer.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use cutover_base::fixes::Fixes;
use cutover_js::{Object, Text, Value, json};

use crate::failure::Failure;

/// An answer in JSON.
pub(super) fn answer(status: StatusCode, value: &Value) -> Response {
    let body = json::stringify(value);
    typed(status, "application/json", body)
}

/// An answer with a body of a type.
pub(super) fn typed(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = bare(status);
    *response.body_mut() = body.into();
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An answer without a body.
pub(super) fn bare(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// `{"error": ...}`
pub(super) fn error(status: StatusCode, error: impl Into<Value>) -> Response {
    let mut body = Object::new();
    body.insert("error", error);
    answer(status, &body.into())
}

/// What is answered to a call that failed. `route` is for the log, which alone tells what an
/// internal error was.
pub(super) fn failed(failure: Failure, route: &str, fixes: &Fixes) -> Response {
    match failure {
        Failure::Told { status, detail } => error(status, detail),
        // Q10: whoever puts the original's list of issues into a sentence gets `[object Object]`.
        Failure::Invalid(issues) if fixes.has("Q10") => {
            error(StatusCode::BAD_REQUEST, issues.to_text())
        }
        Failure::Invalid(issues) => error(StatusCode::BAD_REQUEST, issues.to_value()),
        Failure::Internal(what) => {
            tracing::error!("{route} route error {what}");
            error(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
        }
    }
}

/// An object with one member, or with none where there is no value.
pub(super) fn one(name: &'static str, value: Option<Value>) -> Object {
    let mut object = Object::new();
    if let Some(value) = value {
        object.insert(name, value);
    }
    object
}

/// A text that stands in an answer.
pub(super) fn message(text: Text) -> Value {
    one("message", Some(text.into())).into()
}
