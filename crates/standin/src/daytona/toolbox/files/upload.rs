//! Uploads: several files in one multipart body, streamed into place (contract 2.5, 3.6).

use std::collections::HashMap;

use axum::body::{Body, BodyDataStream};
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::daytona::toolbox::error::{ToolError, go_error};
use crate::daytona::toolbox::files::change::{make_all, parent_of};
use crate::daytona::toolbox::machine::Machine;
use crate::engine::FileWriter;

/// Bytes of a path; the kernel takes no longer one.
const PATH_BYTES_MAX: usize = 64 * 1024;

/// Paths that may be told before their files; far beyond any upload, and a bound on memory.
const PATHS_MAX: usize = 100_000;

/// `POST /files/bulk-upload`: a file whose path was not told before it is an error of its own;
/// the others go on.
pub(super) async fn bulk(machine: &Machine, body: Body) -> Result<Response, ToolError> {
    let Some(mut parts) = multipart(machine, body).await else {
        let body = json!({"errors": ["invalid multipart form"]});
        return Ok(machine.json(StatusCode::BAD_REQUEST, body));
    };
    let mut paths: HashMap<String, String> = HashMap::new();
    let mut errors: Vec<String> = Vec::new();
    let mut files: Vec<Value> = Vec::new();
    loop {
        let field = match parts.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(error) => {
                errors.push(format!("reading part: {error}"));
                break;
            }
        };
        let Some((index, what)) = field.name().and_then(part_name) else {
            continue;
        };
        if what == "path" {
            match text(field).await {
                Some(path) if paths.len() < PATHS_MAX => {
                    paths.insert(index, path.trim().to_owned());
                }
                _ => errors.push(format!("path[{index}]: cannot be read")),
            }
            continue;
        }
        let Some(path) = paths.get(&index).filter(|path| !path.is_empty()) else {
            errors.push(format!("file[{index}]: missing .path metadata"));
            continue;
        };
        match store(machine, path, Source::Field(Box::new(field))).await {
            Ok(bytes) => files.push(json!({"path": path, "bytes": bytes})),
            Err(error) => errors.push(format!("{path}: {error}")),
        }
    }
    let files = if files.is_empty() {
        Value::Null
    } else {
        Value::Array(files)
    };
    if errors.is_empty() {
        return Ok(machine.json(StatusCode::OK, json!({"files": files})));
    }
    let body = json!({"errors": errors, "files": files});
    Ok(machine.json(StatusCode::BAD_REQUEST, body))
}

/// `POST /files/upload?path=`: the form field `file`, or a body that is the file itself; the path
/// as it was asked for. Newer daemons take both, on `/files/upload-v2` as well.
pub(super) async fn single(machine: &Machine, body: Body) -> Result<String, ToolError> {
    let path = machine.required("path")?;
    let kind = machine.asked.header("content-type").unwrap_or_default();
    if !kind.starts_with("multipart/form-data") {
        let stored = store(machine, &path, Source::Body(body.into_data_stream())).await;
        return stored.map(|_| path).map_err(ToolError::bad);
    }
    let missing = || ToolError::bad("http: no such file");
    let mut parts = multipart(machine, body).await.ok_or_else(missing)?;
    loop {
        let field = parts
            .next_field()
            .await
            .map_err(|error| ToolError::bad(error.to_string()))?;
        let field = field.ok_or_else(missing)?;
        if field.name() == Some("file") {
            let stored = store(machine, &path, Source::Field(Box::new(field))).await;
            return stored.map(|_| path).map_err(ToolError::bad);
        }
    }
}

/// Where the bytes of a file come from.
enum Source<'a> {
    Field(Box<Field<'a>>),
    Body(BodyDataStream),
}

impl Source<'_> {
    async fn chunk(&mut self) -> Result<Option<Bytes>, String> {
        match self {
            Self::Field(field) => field.chunk().await.map_err(|error| error.to_string()),
            Self::Body(body) => match body.next().await {
                None => Ok(None),
                Some(chunk) => chunk.map(Some).map_err(|error| error.to_string()),
            },
        }
    }
}

async fn multipart(machine: &Machine, body: Body) -> Option<Multipart> {
    let kind = machine.asked.headers.get("content-type")?;
    let request = Request::builder()
        .method("POST")
        .header("content-type", kind)
        .body(body);
    let mut request = request.ok()?;
    // The daemon has no limit, and the extractor's own would cut an upload at 2 MB.
    DefaultBodyLimit::disable().apply(&mut request);
    Multipart::from_request(request, &()).await.ok()
}

/// `files[3].path` is the index and the word behind it.
fn part_name(name: &str) -> Option<(String, &'static str)> {
    let (index, what) = name.strip_prefix("files[")?.split_once("].")?;
    let what = match what {
        "path" => "path",
        "file" => "file",
        _ => return None,
    };
    Some((index.to_owned(), what))
}

async fn text(mut field: Field<'_>) -> Option<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > PATH_BYTES_MAX {
            return None;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Writes one file, in place and with the folders above it; the text of an error doubles the verb
/// as Go does.
async fn store(machine: &Machine, asked: &str, mut from: Source<'_>) -> Result<u64, String> {
    let path = machine.resolve(asked);
    let parent = parent_of(&path);
    let shown = machine.as_asked(asked, &path);
    make_all(machine, parent, 0o755)
        .await
        .map_err(|(at, error)| {
            let (parent, at) = (
                machine.as_asked(asked, parent),
                machine.as_asked(asked, &at),
            );
            format!("mkdir {parent}: {}", go_error("mkdir", at, &error))
        })?;
    let opened = machine.engine().write(&path, machine.who()).await;
    let mut file: Box<dyn FileWriter> =
        opened.map_err(|error| format!("create: {}", go_error("open", shown, &error)))?;
    let failed = |error| format!("write: {}", go_error("write", shown, &error));
    let mut bytes = 0;
    loop {
        match from.chunk().await {
            Ok(Some(chunk)) => {
                file.write(&chunk).await.map_err(failed)?;
                bytes += chunk.len() as u64;
            }
            Ok(None) => break,
            Err(error) => return Err(format!("write: {error}")),
        }
    }
    file.finish().await.map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::part_name;

    #[test]
    fn names_of_parts() {
        assert_eq!(part_name("files[0].path"), Some(("0".to_owned(), "path")));
        assert_eq!(part_name("files[12].file"), Some(("12".to_owned(), "file")));
        for other in ["files[0]", "files[0].x", "file", "files.path"] {
            assert_eq!(part_name(other), None, "{other}");
        }
    }
}
