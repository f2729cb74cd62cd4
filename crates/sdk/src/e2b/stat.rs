//! What is known of a file without its content. The SDK asks for it in `files.exists`; what comes
//! back is told here in more detail.

use cutover_js::fetch::{Body, Method, Response};
use cutover_js::{Object, Text, Value, json};

use super::messages::Failure;
use super::noted::{Asked, Noted};
use super::rpc::{Code, Kind, RpcError, error_from_json, is_json, refusal};
use super::sandbox::{Sandbox, USER_AGENT};
use crate::{Class, Error};

/// A file of a sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// What it is; for a link, what it points at.
    pub kind: FileKind,
    /// Its size in bytes; for a link, that of the link.
    pub bytes: u64,
    /// Its path from the root.
    pub path: Text,
    /// Its owner's name.
    pub owner: Text,
    /// Who may do what with it, as `chmod` takes it.
    pub mode: u32,
    /// What a link points at, in the end.
    pub target: Option<Text>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// Anything else.
    Other,
}

impl Sandbox {
    /// Asks for a file.
    ///
    /// # Errors
    /// What the SDK throws; a file that is not there is [`Class::NoSuchFile`].
    pub async fn stat(&self, path: &Text) -> Result<FileInfo, Error> {
        let asked = Asked {
            operation: "stat",
            method: "POST",
            url: self.url("/filesystem.Filesystem/Stat"),
            sandbox_id: Some(self.lossy_id()),
        };
        let mut noted = Noted::begin(&self.e2b.observer, asked.clone());
        let told = self.ask_for(path, &asked.url, &mut noted);
        let told = tokio::time::timeout(self.e2b.request_timeout, told).await;
        let told = told.unwrap_or_else(|_| {
            let words = "The operation was aborted due to timeout";
            Err(RpcError::new(Code::Unknown, words).into())
        });
        told.map_err(|failure| {
            let error = thrown(failure);
            noted.broken(error.message.to_string_lossy());
            error
        })
    }

    async fn ask_for(
        &self,
        path: &Text,
        url: &str,
        noted: &mut Noted,
    ) -> Result<FileInfo, Failure> {
        let headers = self.headers(&[
            ("user-agent", USER_AGENT),
            ("authorization", "Basic dXNlcjo="),
            ("connect-protocol-version", "1"),
            ("content-type", "application/json"),
        ]);
        let mut request = Object::new();
        request.insert("path", path.clone());
        let body = Body::Bytes(json::stringify(&request.into()).into());
        let client = &self.e2b.fetch;
        let answer = client.fetch(Method::Post, url, &headers, body).await?;
        let told = read(answer, noted).await?;
        let Some(entry) = told.get("entry") else {
            return Err(RpcError::new(Code::Internal, "no entry").into());
        };
        Ok(FileInfo::read(entry))
    }
}

async fn read(answer: Response, noted: &mut Noted) -> Result<Value, Failure> {
    noted.answered(answer.status());
    let content_type = answer.header("content-type");
    let refused = refusal(Kind::Unary, answer.status(), content_type.as_ref());
    let is_json = is_json(content_type.as_ref());
    let body = answer.bytes().await?;
    noted.whole(&body);
    let told = json::parse(&body);
    match refused {
        None => told
            .map_err(|error| RpcError::new(Code::InvalidArgument, error.message().clone()).into()),
        Some(refused) if !is_json => Err(refused.into()),
        Some(refused) => match told {
            Ok(told) => Err(error_from_json(&told, refused).into()),
            Err(error) => Err(RpcError::new(Code::Unknown, error.message().clone()).into()),
        },
    }
}

fn thrown(failure: Failure) -> Error {
    match failure {
        Failure::Thrown(error) => error,
        Failure::Rpc(error) => {
            let class = match error.code {
                Code::NotFound => Class::NoSuchFile,
                Code::PermissionDenied => Class::PermissionDenied,
                _ => error.thrown().class,
            };
            Error {
                class,
                ..error.thrown()
            }
        }
    }
}

impl FileInfo {
    /// Reads an entry. What is missing has the value that the wire leaves out.
    fn read(entry: &Value) -> Self {
        let text = |name| entry.get(name).and_then(Value::as_text).cloned();
        let kind = match entry.get("type") {
            Some(Value::String(kind)) if *kind == "FILE_TYPE_FILE" => FileKind::File,
            Some(Value::String(kind)) if *kind == "FILE_TYPE_DIRECTORY" => FileKind::Directory,
            _ => FileKind::Other,
        };
        Self {
            kind,
            bytes: whole(entry.get("size")),
            path: text("path").unwrap_or_default(),
            owner: text("owner").unwrap_or_default(),
            mode: u32::try_from(whole(entry.get("mode"))).unwrap_or_default(),
            target: text("symlinkTarget"),
        }
    }
}

/// A number that may stand in a text.
fn whole(value: Option<&Value>) -> u64 {
    let text = value.map(Value::to_js_string).unwrap_or_default();
    text.as_str()
        .and_then(|it| it.parse().ok())
        .unwrap_or_default()
}
