//! Errors of the control plane, shaped as its framework shapes them (contract 1.2).

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::reply::iso;

/// Why the control plane refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    /// Only the JSON parser before the application answers without path and time.
    bare: bool,
}

impl ApiError {
    /// An error of this status.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            bare: false,
        }
    }

    /// 400.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 409.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// The body was not JSON.
    pub(super) fn not_json() -> Self {
        Self {
            bare: true,
            ..Self::bad("Invalid JSON in request body")
        }
    }

    /// 401.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Invalid credentials")
    }

    /// 422.
    pub(super) fn unsupported(message: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// No such sandbox.
    pub(super) fn no_sandbox(id_or_name: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("Sandbox with ID or name {id_or_name} not found"),
        )
    }

    /// What Daytona has and the stand-in has not.
    pub(super) fn not_implemented(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            format!("the stand-in does not implement {what}"),
        )
    }

    /// The answer.
    pub(crate) fn into_response(self, app: &App, asked: &Asked) -> Response {
        let reason = self.status.canonical_reason().unwrap_or("Error");
        let body = if self.bare {
            json!({
                "statusCode": self.status.as_u16(),
                "message": self.message,
                "error": reason,
            })
        } else {
            json!({
                "path": asked.path_and_query(),
                "timestamp": iso(app.now()),
                "statusCode": self.status.as_u16(),
                "error": reason,
                "message": self.message,
            })
        };
        app.control_json(asked, self.status, body)
    }
}
