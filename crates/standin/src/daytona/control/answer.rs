//! The answer of an operation.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::reply::empty;

/// What an operation answers.
pub(super) enum Answer {
    Json(StatusCode, Value),
    Empty(StatusCode),
    Whole(Box<Response>),
}

impl Answer {
    /// The answer on the wire.
    pub(super) fn into_response(self, app: &App, asked: &Asked) -> Response {
        match self {
            Self::Json(status, value) => app.control_json(asked, status, value),
            Self::Empty(status) => empty(status),
            Self::Whole(response) => *response,
        }
    }
}
