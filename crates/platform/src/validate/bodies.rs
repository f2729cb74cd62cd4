//! The bodies of the routes. What no schema names is passed over.

use cutover_js::{Text, Value};

use super::issue::Issues;
use super::shape::{Body, Bounds};

/// Types that an artifact may have.
const MIME_TYPES: [&str; 19] = [
    "application/json",
    "application/pdf",
    "application/octet-stream",
    "application/zip",
    "application/x-tar",
    "application/gzip",
    "application/x-gzip",
    "text/plain",
    "text/csv",
    "text/markdown",
    "text/x-python",
    "text/x-typescript",
    "text/x-javascript",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/bmp",
    "image/tiff",
];

/// Units of base64 that an artifact's content may have: 140 MiB.
const CONTENT_UNITS_MAX: u32 = 146_800_640;
/// Bytes that an artifact may have: 100 MiB.
pub(crate) const ARTIFACT_BYTES_MAX: u32 = 104_857_600;

/// A request for a sandbox.
#[derive(Debug, PartialEq)]
pub(crate) struct ProvisionBody {
    pub(crate) name: Text,
    pub(crate) project_id: Option<Text>,
}

pub(crate) fn provision(body: &Value) -> Result<ProvisionBody, Issues> {
    let mut body = Body::new(body)?;
    let read = ProvisionBody {
        name: body.text("name", Bounds::required("name is required")),
        project_id: body.optional_text("project_id", Bounds::units(1, u32::MAX)),
    };
    body.finish(read)
}

/// A command.
#[derive(Debug, PartialEq)]
pub(crate) struct ExecuteBody {
    pub(crate) sandbox_name: Text,
    pub(crate) cmd: Text,
}

pub(crate) fn execute(body: &Value) -> Result<ExecuteBody, Issues> {
    let mut body = Body::new(body)?;
    let read = ExecuteBody {
        sandbox_name: body.text("sandbox_name", Bounds::required("sandbox_name is required")),
        cmd: body.text("cmd", Bounds::required("cmd is required")),
    };
    body.finish(read)
}

/// A file to read.
#[derive(Debug, PartialEq)]
pub(crate) struct ReadFileBody {
    pub(crate) sandbox_name: Text,
    pub(crate) path: Text,
    /// Whether its bytes are asked for, instead of its text.
    pub(crate) as_bytes: bool,
}

/// What a read may ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Text, as in the original, which passes over `encoding`.
    Text,
    /// Text, or with `"encoding": "base64"` bytes.
    TextOrBytes,
}

pub(crate) fn read_file(body: &Value, reading: Reading) -> Result<ReadFileBody, Issues> {
    let mut body = Body::new(body)?;
    let mut read = ReadFileBody {
        sandbox_name: body.text("sandbox_name", Bounds::required("sandbox_name is required")),
        path: body.text("path", Bounds::required("path is required")),
        as_bytes: false,
    };
    if reading == Reading::TextOrBytes && body.has("encoding") {
        body.one_of("encoding", &["base64"]);
        read.as_bytes = true;
    }
    body.finish(read)
}

/// An artifact that comes with its content.
#[derive(Debug, PartialEq)]
pub(crate) struct ArtifactBody {
    pub(crate) name: Text,
    pub(crate) mime_type: &'static str,
    pub(crate) content: Text,
    pub(crate) bytes: f64,
}

/// Whether an artifact may hold nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// As in the original.
    NotEmpty,
    /// An empty file is a file.
    MayBeEmpty,
}

pub(crate) fn artifact(body: &Value, content: Content) -> Result<ArtifactBody, Issues> {
    let least = u32::from(content == Content::NotEmpty);
    let mut body = Body::new(body)?;
    let read = ArtifactBody {
        name: body.text("name", Bounds::units(1, 255)),
        mime_type: body.one_of("mime_type", &MIME_TYPES),
        content: body.text("content", Bounds::units(least, CONTENT_UNITS_MAX)),
        bytes: body.whole("size", least.into(), ARTIFACT_BYTES_MAX.into()),
    };
    body.finish(read)
}

/// A session to make.
#[derive(Debug, PartialEq)]
pub(crate) struct SessionBody {
    pub(crate) agent_id: Option<Text>,
    pub(crate) env_vars: Value,
    pub(crate) projects: Value,
    pub(crate) sandbox_files: Value,
    pub(crate) repo_url: Option<Text>,
    pub(crate) branch: Option<Text>,
}

pub(crate) fn session(body: &Value) -> Result<SessionBody, Issues> {
    let mut body = Body::new(body)?;
    let some = Bounds::units(1, u32::MAX);
    let read = SessionBody {
        agent_id: body.optional_text("agent_id", some),
        env_vars: body.any("env_vars"),
        projects: body.any("projects"),
        sandbox_files: body.any("sandbox_files"),
        repo_url: body.optional_text("repo_url", some),
        branch: body.optional_text("branch", some),
    };
    body.finish(read)
}
