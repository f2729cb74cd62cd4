//! The three shapes of an error on E2B's wire.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::engine::EngineError;
use crate::shared::errno_text;

/// An error of the control plane: `{code, message}` (contract 1.2).
#[derive(Debug)]
pub(crate) struct ControlError {
    /// Status and numeric `code`.
    pub(crate) status: StatusCode,
    /// What it says.
    pub(crate) message: String,
    /// `error_code`, where the provider has one.
    pub(crate) error_code: Option<&'static str>,
}

impl ControlError {
    /// An error with this status.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            error_code: None,
        }
    }

    /// The same with an `error_code`.
    pub(crate) fn coded(self, error_code: &'static str) -> Self {
        Self {
            error_code: Some(error_code),
            ..self
        }
    }

    /// 409.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 404.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// `{code, message[, error_code]}`.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({"code": self.status.as_u16(), "message": self.message});
        if let Some(code) = self.error_code {
            body["error_code"] = json!(code);
        }
        body
    }

    /// What an engine's failure is: 501 where it does not do such a thing, else 500.
    pub(crate) fn engine(what: &str, error: &EngineError) -> Self {
        match error {
            EngineError::Refused { cause, .. } => {
                Self::not_implemented(&format!("{what} on this engine: {cause}"))
            }
            error => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("Error {what}: {error}"),
            ),
        }
    }

    /// 400.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 400 as the provider's `OpenAPI` validator puts it.
    pub(crate) fn validation(message: &str) -> Self {
        Self::bad_request(format!(
            "validation error: error in openapi3filter.RequestError: {message}"
        ))
    }

    /// 404 of an unknown sandbox (contract 1.9).
    pub(crate) fn no_sandbox(id: &str) -> Self {
        let text = format!("Sandbox \"{id}\" doesn't exist or you don't have access to it");
        Self::new(StatusCode::NOT_FOUND, text)
    }

    /// 501: what the stand-in leaves out, by name.
    pub(crate) fn not_implemented(what: &str) -> Self {
        let text = format!("the stand-in does not implement {what}");
        Self::new(StatusCode::NOT_IMPLEMENTED, text)
    }
}

/// An error of envd's plain routes: `{code, message}` and a newline (contract 4).
#[derive(Debug)]
pub(crate) struct PlainError {
    /// Status and numeric `code`.
    pub(crate) status: StatusCode,
    /// What it says.
    pub(crate) message: String,
}

impl PlainError {
    /// An error with this status.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }
}

/// The error codes of the Connect protocol that envd uses (contract 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    ResourceExhausted,
    FailedPrecondition,
    Unimplemented,
    Internal,
    Unavailable,
    Unauthenticated,
}

impl Code {
    /// The word on the wire.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::InvalidArgument => "invalid_argument",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::ResourceExhausted => "resource_exhausted",
            Self::FailedPrecondition => "failed_precondition",
            Self::Unimplemented => "unimplemented",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
            Self::Unauthenticated => "unauthenticated",
        }
    }

    /// The HTTP status of a unary answer.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Unknown | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::InvalidArgument | Self::FailedPrecondition => StatusCode::BAD_REQUEST,
            Self::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::AlreadyExists => StatusCode::CONFLICT,
            Self::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Self::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
        }
    }
}

/// An error of an RPC: unary as a status and body, streams as their last envelope.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RpcError {
    /// Which.
    pub(crate) code: Code,
    /// What it says.
    pub(crate) message: String,
}

impl RpcError {
    /// An error with this code.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// `invalid_argument`.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// `internal`.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    /// `unimplemented`.
    pub(crate) fn unimplemented(message: impl Into<String>) -> Self {
        Self::new(Code::Unimplemented, message)
    }

    /// The call's own time limit has passed.
    pub(crate) fn deadline() -> Self {
        Self::new(Code::DeadlineExceeded, "context deadline exceeded")
    }

    /// What an engine's failure is, `context` before its errno text: `lstat /x: `.
    pub(crate) fn engine(code: Code, context: &str, error: &EngineError) -> Self {
        match error {
            EngineError::Gone => Self::new(Code::Unavailable, "The sandbox was not found"),
            error => Self::new(code, format!("{context}{}", go_text(error))),
        }
    }
}

/// An engine's failure in the words of Go's `syscall.Errno`.
pub(crate) fn go_text(error: &EngineError) -> String {
    error.errno().map_or_else(|| error.to_string(), errno_text)
}
