//! `POST /files` (contract 4.3).

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::e2b::envd::call::Call;
use crate::e2b::envd::files::disposition;
use crate::e2b::envd::files::encoding::{self, Coding};
use crate::e2b::envd::files::gzip::{self, Pieces};
use crate::e2b::envd::files::multipart::{Broken, Form};
use crate::e2b::envd::files::query::FilesQuery;
use crate::e2b::envd::files::signature::{self, Operation};
use crate::e2b::envd::files::write::{Upload, user_named, write};
use crate::e2b::envd::metadata;
use crate::e2b::envd::paths;
use crate::e2b::error::PlainError;
use crate::e2b::reply::text;
use crate::engine::Account;

/// How long a client may send nothing. The contract says only that envd has such a limit
/// (section 9); a minute is what the SDKs give a read.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// Answers `POST /files`.
pub(crate) async fn answer(call: &Call, request: Request) -> Response {
    let query = match FilesQuery::read(request.uri().query().unwrap_or_default()) {
        Ok(query) => query,
        Err(message) => return text(StatusCode::BAD_REQUEST, &message),
    };
    match upload(call, &query, request).await {
        Ok(written) => call.route.json(StatusCode::OK, Value::Array(written)),
        Err(error) => call.route.plain_error(&error),
    }
}

async fn upload(
    call: &Call,
    query: &FilesQuery,
    request: Request,
) -> Result<Vec<Value>, PlainError> {
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    let now = call.app.clock.now().as_second();
    let token = call.sandbox.token.as_deref();
    signature::check(query, Operation::Write, token, headers, now)?;
    let pieces = plain(headers, body).await?;
    let user = user_named(call, query.username.as_deref()).await?;
    let metadata = metadata::read(headers)
        .map_err(|reason| bad_request(format!("invalid metadata: {reason}")))?;
    let length = headers.get(CONTENT_LENGTH);
    let upload = Upload {
        user,
        metadata,
        length: length.and_then(|it| it.to_str().ok()?.parse().ok()),
    };
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "application/octet-stream" => raw(call, query, &upload, pieces).await,
        kind if kind.starts_with("multipart/") => {
            let boundary = boundary(kind, content_type)?;
            form(call, query, &upload, pieces, &boundary).await
        }
        _ => Err(bad_request(format!(
            "unsupported content type: {content_type}, expected multipart/form-data or \
             application/octet-stream"
        ))),
    }
}

fn bad_request(message: impl Into<String>) -> PlainError {
    PlainError::new(StatusCode::BAD_REQUEST, message)
}

/// The body without its coding.
async fn plain(headers: &HeaderMap, body: Body) -> Result<Pieces, PlainError> {
    let refuse =
        |reason: String| bad_request(format!("error decompressing request body: {reason}"));
    let coding = encoding::used(headers).map_err(|sent| {
        refuse(format!(
            "unsupported Content-Encoding: {sent}, supported: [gzip]"
        ))
    })?;
    let pieces = arriving(body, IDLE_MAX);
    match coding {
        Coding::Identity => Ok(pieces),
        Coding::Gzip => gzip::decompressed(pieces)
            .await
            .map_err(|reason| refuse(format!("failed to create gzip reader: {reason}"))),
    }
}

/// A body piece by piece; a client that goes away or falls silent is an error in Go's words.
fn arriving(body: Body, idle: Duration) -> Pieces {
    let pieces = stream::unfold(Some(body.into_data_stream()), move |body| async move {
        let mut body = body?;
        match tokio::time::timeout(idle, body.next()).await {
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(body))),
            Ok(Some(Err(_))) => {
                let error = io::Error::new(io::ErrorKind::UnexpectedEof, "unexpected EOF");
                Some((Err(error), None))
            }
            Ok(None) => None,
            Err(_) => {
                let error = io::Error::new(io::ErrorKind::TimedOut, "i/o timeout");
                Some((Err(error), None))
            }
        }
    });
    Box::pin(pieces)
}

fn boundary(kind: &str, content_type: &str) -> Result<String, PlainError> {
    let refuse = |reason: &str| {
        let message = format!("error parsing multipart form: {reason}");
        PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    };
    if kind != "multipart/form-data" && kind != "multipart/mixed" {
        return Err(refuse("request Content-Type isn't multipart/form-data"));
    }
    disposition::parameter(content_type, "boundary")
        .filter(|boundary| !boundary.is_empty())
        .ok_or_else(|| refuse("no multipart boundary param in Content-Type"))
}

fn resolve(call: &Call, path: &str, user: &Account) -> Result<String, PlainError> {
    paths::resolve(path, call.work_dir(), &user.home, &user.name)
        .map_err(|foreign| bad_request(format!("error resolving path: {}", foreign.message)))
}

/// A raw body is one file.
async fn raw(
    call: &Call,
    query: &FilesQuery,
    upload: &Upload,
    pieces: Pieces,
) -> Result<Vec<Value>, PlainError> {
    let Some(path) = query.path.as_deref() else {
        return Err(bad_request(
            "path query parameter is required for raw body upload",
        ));
    };
    let path = resolve(call, path, &upload.user)?;
    Ok(vec![write(call, upload, &path, pieces).await?])
}

/// Each part named `file` is one file; its name is kept whole, directories and all.
async fn form(
    call: &Call,
    query: &FilesQuery,
    upload: &Upload,
    pieces: Pieces,
    boundary: &str,
) -> Result<Vec<Value>, PlainError> {
    let mut form = Form::new(pieces, boundary);
    let broken = |broken: Broken| {
        let message = format!("error reading form: {}", broken.message);
        PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    };
    let mut paths: Vec<String> = Vec::new();
    let mut written = Vec::new();
    while let Some(part) = form.next_part().await.map_err(broken)? {
        if part.name != "file" {
            continue;
        }
        let given = query.path.as_deref().or(part.filename.as_deref());
        let given = given.ok_or_else(|| {
            bad_request(
                "error getting multipart custom part file name: filename not found in \
                 Content-Disposition header",
            )
        })?;
        let path = resolve(call, given, &upload.user)?;
        if paths.contains(&path) {
            return Err(bad_request(twice(&path, &paths)));
        }
        let content = stream::unfold(&mut form, |form| async move {
            let chunk = form.chunk().await.transpose()?;
            Some((
                chunk.map_err(|broken| io::Error::other(broken.message)),
                form,
            ))
        });
        written.push(write(call, upload, &path, Box::pin(content)).await?);
        paths.push(path);
    }
    Ok(written)
}

fn twice(path: &str, paths: &[String]) -> String {
    let mut message = format!(
        "you cannot upload multiple files to the same path '{path}' in one upload request, only \
         the first specified file was uploaded"
    );
    let others: Vec<&str> = paths
        .iter()
        .map(String::as_str)
        .filter(|other| *other != path)
        .collect();
    // One other file is not worth a word (sic).
    if others.len() > 1 {
        message.push_str(", also the following files were uploaded: ");
        message.push_str(&others.join(", "));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[tokio::test]
    async fn a_client_that_falls_silent_is_not_waited_for() {
        let silent = stream::iter([Ok::<_, io::Error>(Bytes::from("x"))]).chain(stream::pending());
        let mut pieces = arriving(Body::from_stream(silent), Duration::from_millis(1));
        assert_eq!(pieces.next().await.unwrap().unwrap(), "x");
        let error = pieces.next().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "i/o timeout");
        assert!(pieces.next().await.is_none());
    }

    #[test]
    fn a_form_needs_a_boundary() {
        for (kind, header, expected) in [
            (
                "multipart/form-data",
                "multipart/form-data; boundary=x",
                Ok("x"),
            ),
            (
                "multipart/form-data",
                "multipart/form-data",
                Err("error parsing multipart form: no multipart boundary param in Content-Type"),
            ),
            (
                "multipart/related",
                "multipart/related; boundary=x",
                Err("error parsing multipart form: request Content-Type isn't multipart/form-data"),
            ),
        ] {
            let read = boundary(kind, header).map_err(|error| error.message);
            assert_eq!(read.as_deref().map_err(String::as_str), expected);
        }
    }
}
