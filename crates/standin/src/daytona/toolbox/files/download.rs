//! Downloads of several files, as parts of one answer (contract 2.5).

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;

use crate::daytona::escape::go_json;
use crate::daytona::reply::iso;
use crate::daytona::toolbox::error::{ToolError, go_error};
use crate::daytona::toolbox::fields::Fields;
use crate::daytona::toolbox::machine::Machine;
use crate::engine::FileReader;

const BOUNDARY: &str = "DAYTONA-FILE-BOUNDARY";
pub(super) const CHUNK_BYTES: usize = 64 * 1024;
const BAD_REQUEST: &str = r#"request body must be {"paths": [ ... ]} and non-empty"#;

/// What stays as it is in `filename*`.
pub(super) const NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'`')
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'|')
    .remove(b'~');

/// `POST /files/bulk-download`.
pub(super) async fn bulk(machine: &Machine, body: Body) -> Result<Response, ToolError> {
    let fields = Fields::read("FilesDownloadRequest", body).await;
    let paths = fields
        .and_then(|fields| fields.list("paths"))
        .unwrap_or_default();
    if paths.is_empty() {
        return Ok(machine.json(StatusCode::BAD_REQUEST, json!({"error": BAD_REQUEST})));
    }
    let (mut writer, reader) = tokio::io::duplex(CHUNK_BYTES);
    let shared = machine.clone();
    machine.app.tasks.background(async move {
        // A reader that breaks off leaves the closing boundary out, and so does an answer that
        // nobody takes: the client sees that it is not whole.
        let boot = shared.boot.clone();
        let _ = boot
            .run_until_cancelled(write_parts(&shared, &paths, &mut writer))
            .await;
    });
    let stream = ReaderStream::with_capacity(reader, CHUNK_BYTES);
    let mut response = Response::new(Body::from_stream(stream));
    let multipart = HeaderValue::from_static("multipart/form-data; boundary=DAYTONA-FILE-BOUNDARY");
    response.headers_mut().insert("content-type", multipart);
    Ok(response)
}

async fn write_parts(
    machine: &Machine,
    paths: &[String],
    out: &mut (impl AsyncWrite + Unpin),
) -> std::io::Result<()> {
    for asked in paths {
        match open(machine, asked).await {
            Ok(mut file) => {
                let tampered = tampered(machine, &mut file).await?;
                let len = tampered
                    .as_ref()
                    .map_or(file.stat.size, |bytes| bytes.len() as u64);
                let head = part_head("file", asked, "application/octet-stream", len);
                out.write_all(head.as_bytes()).await?;
                match tampered {
                    Some(bytes) => out.write_all(&bytes).await?,
                    None => drop(tokio::io::copy(&mut file.bytes, out).await?),
                }
            }
            Err(refusal) => {
                let mut body = refusal.body(machine);
                if let Some(tamper) = &machine.app.tamper {
                    tamper.json(&machine.asked.route(), &mut body);
                }
                let body = go_json(&body);
                let kind = "application/json; charset=utf-8";
                let head = part_head("error", asked, kind, body.len() as u64);
                out.write_all(head.as_bytes()).await?;
                out.write_all(&body).await?;
            }
        }
        out.write_all(b"\r\n").await?;
    }
    out.write_all(format!("--{BOUNDARY}--\r\n").as_bytes())
        .await?;
    out.shutdown().await
}

fn part_head(name: &str, path: &str, kind: &str, len: u64) -> String {
    let quoted: String = path
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            // A line end would begin a new header.
            '\r' | '\n' => "_".to_owned(),
            other => other.to_string(),
        })
        .collect();
    let encoded = utf8_percent_encode(path, NAME);
    format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{quoted}\"; \
         filename*=utf-8''{encoded}\r\nContent-Length: {len}\r\nContent-Type: {kind}\r\n\r\n"
    )
}

/// Why a file is not sent.
struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn body(&self, machine: &Machine) -> Value {
        json!({
            "statusCode": self.status,
            "message": self.message,
            "code": self.code,
            "timestamp": iso(machine.app.now()),
            "path": "/files/bulk-download",
            "method": "POST",
        })
    }
}

async fn open(machine: &Machine, asked: &str) -> Result<FileReader, Refusal> {
    let refusal = |status, code, message| Refusal {
        status,
        code,
        message,
    };
    if asked.is_empty() {
        let message = "invalid file path: path is empty".to_owned();
        return Err(refusal(400, "INVALID_FILE_PATH", message));
    }
    let path = machine.resolve(asked);
    let opened = machine.engine().read(&path, machine.who()).await;
    opened.map_err(|error| match error.errno() {
        Some(libc::ENOENT) => refusal(404, "FILE_NOT_FOUND", format!("file not found: {asked}")),
        Some(libc::EACCES | libc::EPERM) => refusal(
            403,
            "FILE_ACCESS_DENIED",
            format!("permission denied: {asked}"),
        ),
        Some(libc::EISDIR) => {
            let message = format!("invalid file path: path points to a directory: {asked}");
            refusal(400, "INVALID_FILE_PATH", message)
        }
        _ => {
            let message = format!("failed to open file: {}", go_error("open", &path, &error));
            refusal(500, "FILE_READ_FAILED", message)
        }
    })
}

/// The whole content as a tamper leaves it; only the self-test of the judge has one.
pub(super) async fn tampered(
    machine: &Machine,
    file: &mut FileReader,
) -> std::io::Result<Option<Vec<u8>>> {
    let Some(tamper) = machine.app.tamper.as_ref().map(Arc::clone) else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.bytes.read_to_end(&mut bytes).await?;
    tamper.bytes(&machine.asked.route(), &mut bytes);
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_part_names_the_file_twice() {
        let head = part_head("file", "/tmp/a b\"é", "text/plain", 3);
        let expected = "--DAYTONA-FILE-BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; \
                        filename=\"/tmp/a b\\\"é\"; filename*=utf-8''%2Ftmp%2Fa%20b%22%C3%A9\r\n\
                        Content-Length: 3\r\nContent-Type: text/plain\r\n\r\n";
        assert_eq!(head, expected);
        assert!(!part_head("file", "a\r\nX: y", "t", 0).contains("\r\nX: y"));
    }
}
