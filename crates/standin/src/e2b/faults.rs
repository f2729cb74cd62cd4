//! What E2B answers on a bad day (contract 1.2, 1.3, 2.2).

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::header::RETRY_AFTER;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use crate::e2b::app::App;
use crate::e2b::reply::respond;
use crate::e2b::{dispatch, life};
use crate::fault::FaultAnswers;

/// E2B's shapes for the answers that a fault gives.
#[derive(Debug)]
pub(crate) struct Answers {
    /// The stand-in.
    pub(crate) app: Arc<App>,
}

#[async_trait]
impl FaultAnswers for Answers {
    fn rate_limited(&self, retry_after_s: u64) -> Response {
        let message = "Rate limit exceeded, please try again later";
        let mut response = error(StatusCode::TOO_MANY_REQUESTS, message);
        let value = HeaderValue::from(retry_after_s);
        response.headers_mut().insert(RETRY_AFTER, value);
        response
    }

    fn status(&self, code: u16) -> Response {
        let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        error(status, status.canonical_reason().unwrap_or("Error"))
    }

    async fn death(&self, request: &Parts) -> bool {
        let Some(id) = dispatch::addressed(&self.app, request) else {
            return false;
        };
        match life::end(&self.app, &id) {
            Some(ending) => ending.await.is_ok(),
            None => false,
        }
    }
}

fn error(status: StatusCode, message: &str) -> Response {
    let body = json!({"code": status.as_u16(), "message": message});
    respond(status, "application/json", body.to_string())
}
