//! What Daytona answers on a bad day (contract 1.2, 2.2, 7.3).

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode};
use axum::response::Response;

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::control::ApiError;
use crate::daytona::life;
use crate::fault::FaultAnswers;

/// Daytona's shapes for the answers that a fault gives.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) app: Arc<App>,
}

#[async_trait]
impl FaultAnswers for Answers {
    fn rate_limited(&self, retry_after_s: u64) -> Response {
        let message = "ThrottlerException: Too Many Requests";
        let mut response = self.error(StatusCode::TOO_MANY_REQUESTS, message);
        let value = HeaderValue::from(retry_after_s);
        // The header carries the name of the limit; which one it was cannot be told from here,
        // so the one that every keyed request meets is named, and the plain one for simple clients.
        for name in ["retry-after-authenticated", "retry-after"] {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, value.clone());
        }
        response
    }

    fn status(&self, code: u16) -> Response {
        let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match code {
            // The load balancer answers without a body (contract 2.2).
            502 | 504 => crate::daytona::reply::empty(status),
            503 => self.error(
                status,
                "Service is currently under maintenance. Please try again later.",
            ),
            _ => self.error(status, "An unexpected error occurred."),
        }
    }

    async fn death(&self, request: &Parts) -> bool {
        let path = request.uri.path();
        let rest = path
            .strip_prefix("/toolbox/")
            .or_else(|| path.strip_prefix("/api/sandbox/"));
        let id = rest
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default();
        let Some(sandbox) = self.app.registry.find(id) else {
            return false;
        };
        life::die(&sandbox).await;
        true
    }
}

impl Answers {
    /// The layer does not say which request it is, so the body names no path beyond `/api`.
    fn error(&self, status: StatusCode, message: &str) -> Response {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = axum::http::Uri::from_static("/api");
        let (asked, _) = Asked::new(request);
        ApiError::new(status, message).into_response(&self.app, &asked)
    }
}
