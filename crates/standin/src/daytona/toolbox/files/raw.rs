//! `GET /files/download?path=`: one file as it is (contract 2.5).

use std::io;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use percent_encoding::utf8_percent_encode;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use crate::daytona::reply::{empty, text};
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::files::download::{CHUNK_BYTES, NAME, tampered};
use crate::daytona::toolbox::machine::Machine;
use crate::engine::EngineError;
use crate::shared::go_path;
use crate::shared::{Conditions, RangeAsked, Span, cut, last_modified, multipart};

/// The file, a part of it, or that it has not changed.
pub(super) async fn download(machine: &Machine) -> Result<Response, ToolError> {
    let path = machine.resolve(&machine.required("path")?);
    let opened = machine.engine().read(&path, machine.who()).await;
    let mut file = opened.map_err(|error| match error {
        EngineError::Gone => ToolError::Dead,
        ref error if error.errno() == Some(libc::EISDIR) => ToolError::bad("path must be a file"),
        error => ToolError::of_file("stat", &path, &error),
    })?;
    let modified = file.stat.mtime.0;
    let range = match Conditions::decide(&machine.asked.headers, modified) {
        Conditions::Failed => return Ok(dated(empty(StatusCode::PRECONDITION_FAILED), modified)),
        Conditions::NotModified => return Ok(dated(empty(StatusCode::NOT_MODIFIED), modified)),
        Conditions::Hold(range) => range,
    };
    let failed = |error: io::Error| ToolError::bare(error.to_string());
    let changed = tampered(machine, &mut file).await.map_err(failed)?;
    let changed = changed.map(Bytes::from);
    let (size, bytes): (_, Content) = match &changed {
        Some(bytes) => (bytes.len() as u64, Box::new(io::Cursor::new(bytes.clone()))),
        None => (file.stat.size, file.bytes),
    };
    let mut response = match RangeAsked::read(range, size) {
        RangeAsked::Malformed => return Ok(unsatisfied("invalid range\n")),
        RangeAsked::Outside => {
            let mut response = unsatisfied("invalid range: failed to overlap\n");
            set(&mut response, "content-range", &format!("bytes */{size}"));
            return Ok(response);
        }
        // A file of `/proc` has no size although it has bytes; its end is the end.
        RangeAsked::Whole if size == 0 => Response::new(stream(bytes)),
        RangeAsked::Whole => part(bytes, Span::whole(size)).await.map_err(failed)?,
        RangeAsked::One(span) => {
            let mut response = part(bytes, span).await.map_err(failed)?;
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            set(&mut response, "content-range", &span.header(size));
            response
        }
        RangeAsked::Several(spans) => {
            let (machine, path) = (machine.clone(), path.clone());
            let open = move || open(machine.clone(), path.clone(), changed.clone());
            multipart(spans, KIND, size, open)
        }
    };
    describe(&mut response, go_path::base(&path));
    Ok(dated(response, modified))
}

/// A file's bytes as they are read.
type Content = Box<dyn AsyncRead + Send + Unpin>;

/// The content type of every file.
const KIND: &str = "application/octet-stream";

/// The headers that the daemon gives every download.
fn describe(response: &mut Response, name: &str) {
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_.+~@,= ".contains(&b));
    // The daemon writes the name as it is, which breaks the header of many; those are encoded.
    let disposition = if plain {
        format!("attachment; filename={name}")
    } else {
        let name = utf8_percent_encode(name, NAME);
        format!("attachment; filename*=utf-8''{name}")
    };
    let headers = [
        ("content-description", "File Transfer"),
        ("content-disposition", disposition.as_str()),
        ("content-transfer-encoding", "binary"),
        ("accept-ranges", "bytes"),
        ("expires", "0"),
        ("cache-control", "must-revalidate"),
        ("pragma", "public"),
    ];
    for (name, value) in headers {
        set(response, name, value);
    }
    // Several parts have said theirs already.
    let kind = HeaderValue::from_static(KIND);
    response.headers_mut().entry(CONTENT_TYPE).or_insert(kind);
}

fn dated(mut response: Response, modified: i64) -> Response {
    if let Some(date) = last_modified(modified) {
        set(&mut response, "last-modified", &date);
    }
    response
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    // Every value is made of printable characters.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn unsatisfied(why: &'static str) -> Response {
    text(StatusCode::RANGE_NOT_SATISFIABLE, why)
}

fn stream(bytes: impl AsyncRead + Send + 'static) -> Body {
    Body::from_stream(ReaderStream::with_capacity(bytes, CHUNK_BYTES))
}

/// One span of a file that is read from its start.
async fn part(bytes: Content, span: Span) -> io::Result<Response> {
    let mut response = Response::new(stream(cut(bytes, span).await?));
    set(&mut response, "content-length", &span.length.to_string());
    Ok(response)
}

/// The file once more from its start: as it was changed, or from the sandbox.
async fn open(machine: Machine, path: String, changed: Option<Bytes>) -> io::Result<Content> {
    if let Some(bytes) = changed {
        return Ok(Box::new(io::Cursor::new(bytes)));
    }
    let opened = machine.engine().read(&path, machine.who()).await;
    Ok(opened.map_err(io::Error::other)?.bytes)
}
