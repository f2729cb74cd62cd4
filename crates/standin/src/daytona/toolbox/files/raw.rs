//! `GET /files/download?path=`: one file as it is (contract 2.5).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use percent_encoding::utf8_percent_encode;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use crate::daytona::reply::{empty, text};
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::files::download::{CHUNK_BYTES, NAME, tampered};
use crate::daytona::toolbox::files::info::base_name;
use crate::daytona::toolbox::files::range::{Wanted, wanted};
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, FileReader};

/// The file, a part of it, or that it has not changed.
pub(super) async fn download(machine: &Machine) -> Result<Response, ToolError> {
    let path = machine.resolve(&machine.required("path")?);
    let opened = machine.engine().read(&path, machine.who()).await;
    let mut file = opened.map_err(|error| match error {
        EngineError::Gone => ToolError::Dead,
        ref error if error.errno() == Some(libc::EISDIR) => ToolError::bad("path must be a file"),
        error => ToolError::of_file("stat", &path, &error),
    })?;
    let at = Timestamp::from_second(file.stat.mtime.0).unwrap_or(Timestamp::UNIX_EPOCH);
    let modified = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if time_in(machine, "if-modified-since").is_some_and(|since| at <= since) {
        let mut response = empty(StatusCode::NOT_MODIFIED);
        set(&mut response, "last-modified", &modified);
        return Ok(response);
    }
    let failed = |error: std::io::Error| ToolError::bare(error.to_string());
    let changed = tampered(machine, &mut file).await.map_err(failed)?;
    let size = match &changed {
        Some(bytes) => bytes.len() as u64,
        None => file.stat.size,
    };
    // Half a file is no use to whoever has a part of an older one.
    let same = machine.asked.header("if-range").is_none()
        || time_in(machine, "if-range").is_some_and(|since| at == since);
    let range = machine.asked.header("range").filter(|_| same);
    let (first, len) = match wanted(range, size) {
        Wanted::Whole => (0, size),
        Wanted::Part { first, len } => (first, len),
        Wanted::Malformed => return Ok(unsatisfied("invalid range\n", size)),
        Wanted::Beyond => {
            let why = "invalid range: failed to overlap\n";
            return Ok(unsatisfied(why, size));
        }
    };
    let whole = wanted(range, size) == Wanted::Whole;
    let mut response = match changed {
        Some(bytes) => Response::new(Body::from(piece(bytes, first, len))),
        None => Response::new(stream(file, first, len, whole).await.map_err(failed)?),
    };
    if !whole {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let last = first + len - 1;
        set(
            &mut response,
            "content-range",
            &format!("bytes {first}-{last}/{size}"),
        );
    }
    // A file of `/proc` has no size although it has bytes; its end is the end.
    if !whole || size > 0 {
        set(&mut response, "content-length", &len.to_string());
    }
    describe(&mut response, base_name(&path), &modified);
    Ok(response)
}

/// The headers that the daemon gives every download.
fn describe(response: &mut Response, name: &str, modified: &str) {
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
        ("content-type", "application/octet-stream"),
        ("content-description", "File Transfer"),
        ("content-disposition", disposition.as_str()),
        ("content-transfer-encoding", "binary"),
        ("accept-ranges", "bytes"),
        ("last-modified", modified),
        ("expires", "0"),
        ("cache-control", "must-revalidate"),
        ("pragma", "public"),
    ];
    for (name, value) in headers {
        set(response, name, value);
    }
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    // Every value is made of printable characters.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn unsatisfied(why: &'static str, size: u64) -> Response {
    let mut response = text(StatusCode::RANGE_NOT_SATISFIABLE, why);
    set(&mut response, "content-range", &format!("bytes */{size}"));
    response
}

fn time_in(machine: &Machine, header: &str) -> Option<Timestamp> {
    let text = machine.asked.header(header)?;
    DateTimeParser::new().parse_timestamp(text).ok()
}

fn piece(bytes: Vec<u8>, first: u64, len: u64) -> Vec<u8> {
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    bytes
        .into_iter()
        .skip(size(first))
        .take(size(len))
        .collect()
}

/// The engine opens a file at its start; what is before the first byte wanted is read and dropped.
async fn stream(file: FileReader, first: u64, len: u64, whole: bool) -> std::io::Result<Body> {
    let mut bytes = file.bytes;
    if whole {
        let limit = if len == 0 { u64::MAX } else { len };
        let stream = ReaderStream::with_capacity(bytes.take(limit), CHUNK_BYTES);
        return Ok(Body::from_stream(stream));
    }
    let mut skipped = (&mut bytes).take(first);
    tokio::io::copy(&mut skipped, &mut tokio::io::sink()).await?;
    let stream = ReaderStream::with_capacity(bytes.take(len), CHUNK_BYTES);
    Ok(Body::from_stream(stream))
}
