//! A call at any surface: what a step sends once every reference in it is replaced.

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::Value;

use crate::call::sandbox_call::{Owner, SandboxCall, SandboxRequest, SessionId};

/// A call, whichever way it enters. A surface answers what it has no such thing for with
/// `unsupported`.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolCall {
    /// To a sandbox, by the scenario's name for it.
    Sandbox(SandboxCall),
    /// Keep a file of a sandbox in the platform's storage.
    Artifact(UploadArtifact),
    /// A tool call with any arguments, sent untouched (surface mcp).
    Tool(CallTool),
    /// An HTTP request to the platform endpoint (surface platform).
    Http(HttpRequest),
    /// To the platform's sessions.
    Session(SessionCall),
}

impl ToolCall {
    /// A call to the sandbox of this name.
    pub fn sandbox(sandbox: impl Into<String>, request: SandboxRequest) -> Self {
        Self::Sandbox(SandboxCall {
            sandbox: sandbox.into(),
            request,
            owner: Owner::default(),
        })
    }

    /// The scenario's name of the sandbox that the call is for, if it is for one.
    pub fn sandbox_name(&self) -> Option<&str> {
        match self {
            Self::Sandbox(call) => Some(&call.sandbox),
            Self::Artifact(call) => Some(&call.sandbox),
            Self::Tool(_) | Self::Http(_) | Self::Session(_) => None,
        }
    }
}

/// Arguments of `upload_artifact`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadArtifact {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// The file in the sandbox, verbatim.
    pub path: String,
    /// The artifact's name; the last part of the path when not said.
    pub name: Option<String>,
    /// The session that the artifact belongs to.
    pub session: SessionId,
}

/// Arguments of `call_tool`.
#[derive(Debug, Clone, PartialEq)]
pub struct CallTool {
    /// The tool's name, which need not exist.
    pub name: String,
    /// Its arguments, any JSON; `None` leaves the member out of the call.
    pub arguments: Option<Value>,
}

/// Arguments of `http`.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpRequest {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query below the endpoint's base URL.
    pub path: String,
    /// Headers in the order they were written.
    pub headers: IndexMap<String, String>,
    /// The body.
    pub body: HttpBody,
    /// How the request says who asks.
    pub auth: Auth,
}

/// The body of an HTTP request. Unless the request has a header that says another, its content type
/// is `application/json`: a body that is no JSON is sent where JSON is expected.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum HttpBody {
    /// None at all.
    #[default]
    None,
    /// This value, sent as JSON.
    Json(Value),
    /// These bytes, sent as they stand.
    Raw(Bytes),
}

/// How an HTTP request says who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// With the platform's own token.
    #[default]
    Default,
    /// Not at all.
    None,
    /// With this token.
    Token(String),
}

/// A call to the platform's sessions; `name` is the scenario's name for the session.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionCall {
    /// Make a session.
    Create {
        /// The scenario's name for it.
        name: String,
        /// Its status, if not the platform's default.
        status: Option<String>,
        /// The agent that it belongs to, any JSON.
        agent: Option<Value>,
    },
    /// Make it the session of the calls that follow.
    Use {
        /// The scenario's name for it.
        name: String,
    },
    /// Delete it.
    Delete {
        /// The scenario's name for it.
        name: String,
    },
}
