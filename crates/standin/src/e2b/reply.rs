//! Writing answers: JSON of each plane's shape, through the tamper hook.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::e2b::error::{ControlError, PlainError, RpcError};
use crate::fault::Tamper;

/// Where a request went, and who may change what is answered.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    name: Arc<str>,
    tamper: Option<Arc<dyn Tamper>>,
}

impl Route {
    /// The route of a request, `METHOD /path` without the query.
    pub(crate) fn new(method: &Method, path: &str, tamper: Option<Arc<dyn Tamper>>) -> Self {
        Self {
            name: format!("{method} {path}").into(),
            tamper,
        }
    }

    /// `METHOD /path`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether bodies may be changed, so that they must be whole before they are written.
    pub(crate) fn is_tampered(&self) -> bool {
        self.tamper.is_some()
    }

    /// One JSON message as it goes out.
    pub(crate) fn message(&self, mut value: Value) -> Vec<u8> {
        if let Some(tamper) = &self.tamper {
            tamper.json(&self.name, &mut value);
        }
        value.to_string().into_bytes()
    }

    /// A raw body as it goes out.
    pub(crate) fn bytes(&self, mut body: Vec<u8>) -> Bytes {
        if let Some(tamper) = &self.tamper {
            tamper.bytes(&self.name, &mut body);
        }
        body.into()
    }

    /// A JSON answer.
    pub(crate) fn json(&self, status: StatusCode, value: Value) -> Response {
        respond(status, "application/json", self.message(value))
    }

    /// An error of the control plane.
    pub(crate) fn control_error(&self, error: &ControlError) -> Response {
        self.json(error.status, error.body())
    }

    /// An error of envd's plain routes.
    pub(crate) fn plain_error(&self, error: &PlainError) -> Response {
        let body = json!({"code": error.status.as_u16(), "message": error.message});
        let mut body = self.message(body);
        body.push(b'\n');
        let mut response = respond(error.status, "application/json; charset=utf-8", body);
        let nosniff = HeaderValue::from_static("nosniff");
        response
            .headers_mut()
            .insert("x-content-type-options", nosniff);
        response
    }

    /// An error of a unary RPC.
    pub(crate) fn rpc_error(&self, error: &RpcError) -> Response {
        let body = json!({"code": error.code.word(), "message": error.message});
        self.json(error.code.status(), body)
    }
}

/// An answer with a body of known length.
pub(crate) fn respond(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A plain text answer, as Go's `http.Error` writes it.
pub(crate) fn text(status: StatusCode, body: &str) -> Response {
    respond(status, "text/plain; charset=utf-8", format!("{body}\n"))
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// 204 of a health check.
pub(crate) fn healthy() -> Response {
    let mut response = empty(StatusCode::NO_CONTENT);
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
