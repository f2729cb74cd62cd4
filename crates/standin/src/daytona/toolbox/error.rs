//! Errors of the toolbox, shaped as the daemon shapes them (contract 2.3).

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::reply::{empty, iso};
use crate::engine::EngineError;
use crate::shared::errno_text;

/// Why the proxy or the daemon refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ToolError {
    /// An ordinary error.
    Said {
        /// The HTTP status.
        status: StatusCode,
        /// The machine-readable class, if the error has one.
        code: Option<&'static str>,
        /// The whole text, with the prefix of its class.
        message: String,
    },
    /// The daemon does not answer: 502 without a body.
    Dead,
    /// No such route in the daemon: plain text.
    NoRoute,
}

impl ToolError {
    fn class(status: StatusCode, code: &'static str, prefix: &str, text: &str) -> Self {
        Self::Said {
            status,
            code: Some(code),
            message: format!("{prefix}: {text}"),
        }
    }

    /// `BAD_REQUEST`.
    pub(in crate::daytona) fn bad(text: impl AsRef<str>) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self::class(status, "BAD_REQUEST", "bad request", text.as_ref())
    }

    /// `INVALID_REQUEST_BODY`.
    pub(super) fn body(text: impl AsRef<str>) -> Self {
        let (status, code) = (StatusCode::BAD_REQUEST, "INVALID_REQUEST_BODY");
        Self::class(status, code, "invalid body request", text.as_ref())
    }

    /// `NOT_FOUND`.
    pub(in crate::daytona) fn not_found(text: impl AsRef<str>) -> Self {
        Self::class(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "not found",
            text.as_ref(),
        )
    }

    /// `FORBIDDEN`.
    pub(super) fn forbidden(text: impl AsRef<str>) -> Self {
        Self::class(
            StatusCode::FORBIDDEN,
            "FORBIDDEN",
            "forbidden",
            text.as_ref(),
        )
    }

    /// `CONFLICT`.
    pub(super) fn conflict(text: impl AsRef<str>) -> Self {
        Self::class(StatusCode::CONFLICT, "CONFLICT", "conflict", text.as_ref())
    }

    /// `GONE`.
    pub(super) fn gone(text: impl AsRef<str>) -> Self {
        Self::class(StatusCode::GONE, "GONE", "gone", text.as_ref())
    }

    /// `UNAUTHORIZED`.
    pub(in crate::daytona) fn unauthorized(text: impl AsRef<str>) -> Self {
        let status = StatusCode::UNAUTHORIZED;
        Self::class(status, "UNAUTHORIZED", "unauthorized", text.as_ref())
    }

    /// `REQUEST_TIMEOUT`.
    pub(super) fn timeout(text: impl AsRef<str>) -> Self {
        let status = StatusCode::REQUEST_TIMEOUT;
        Self::class(status, "REQUEST_TIMEOUT", "request timeout", text.as_ref())
    }

    /// `INTERNAL_SERVER_ERROR`.
    pub(super) fn internal(text: impl AsRef<str>) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let (code, prefix) = ("INTERNAL_SERVER_ERROR", "internal server error");
        Self::class(status, code, prefix, text.as_ref())
    }

    /// An error without a class: 500 and its bare text.
    pub(super) fn bare(message: impl Into<String>) -> Self {
        Self::Said {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: None,
            message: message.into(),
        }
    }

    /// Output that could not be kept: the daemon writes as Go does. A limit that the daemon does
    /// not have, on the bytes of all logs under way, is told as the stand-in's own.
    pub(super) fn of_output(error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::QuotaExceeded {
            return Self::Said {
                status: StatusCode::INSUFFICIENT_STORAGE,
                code: None,
                message: error.to_string(),
            };
        }
        let errno = error.raw_os_error();
        let text = errno.map_or_else(|| error.to_string(), errno_text);
        Self::bare(format!("failed to keep the output: {text}"))
    }

    /// What Daytona has and the stand-in has not.
    pub(in crate::daytona) fn not_implemented(what: &str) -> Self {
        Self::Said {
            status: StatusCode::NOT_IMPLEMENTED,
            code: None,
            message: format!("the stand-in does not implement {what}"),
        }
    }

    /// What the file handlers make of an error: missing, denied, or bad (contract 2.5).
    pub(super) fn of_file(verb: &str, path: &str, error: &EngineError) -> Self {
        if *error == EngineError::Gone {
            return Self::Dead;
        }
        let text = go_error(verb, path, error);
        match error.errno() {
            Some(libc::ENOENT) => Self::not_found(text),
            Some(libc::EACCES | libc::EPERM) => Self::forbidden(text),
            _ => Self::bad(text),
        }
    }

    /// The text of an error without the prefix of its class.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Said { message, .. } => message,
            Self::Dead | Self::NoRoute => "",
        }
    }

    /// The answer; `path` is the one that the answering part was asked for.
    pub(in crate::daytona) fn into_response(
        self,
        app: &App,
        asked: &Asked,
        path: &str,
    ) -> Response {
        let (status, code, message) = match self {
            Self::Dead => return empty(StatusCode::BAD_GATEWAY),
            Self::NoRoute => {
                let mut response = empty(StatusCode::NOT_FOUND);
                let plain = axum::http::HeaderValue::from_static("text/plain");
                response.headers_mut().insert("content-type", plain);
                *response.body_mut() = "404 page not found".into();
                return response;
            }
            Self::Said {
                status,
                code,
                message,
            } => (status, code, message),
        };
        let mut body = Map::new();
        body.insert("statusCode".to_owned(), status.as_u16().into());
        body.insert("message".to_owned(), message.into());
        if let Some(code) = code {
            body.insert("code".to_owned(), code.into());
        }
        body.insert("timestamp".to_owned(), iso(app.now()).into());
        body.insert("path".to_owned(), path.into());
        body.insert("method".to_owned(), asked.method.as_str().into());
        app.toolbox_json(asked, status, Value::Object(body))
    }
}

/// An error as Go's file functions say it: verb, path, reason.
pub(super) fn go_error(verb: &str, path: &str, error: &EngineError) -> String {
    format!("{verb} {path}: {}", go_reason(error))
}

/// The reason alone, in the words of Go's table of system errors.
pub(super) fn go_reason(error: &EngineError) -> String {
    error.errno().map_or_else(|| error.to_string(), errno_text)
}
