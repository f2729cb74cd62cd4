//! A file in identity coding, as Go's `ServeContent` serves it: conditions, ranges, types
//! (contract 4.2).

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LAST_MODIFIED,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::ReaderStream;

use crate::e2b::envd::call::Call;
use crate::e2b::envd::files::content_type::{SNIFF_BYTES, by_extension, sniff};
use crate::e2b::envd::files::found::{Found, TAMPERED_BYTES_MAX, broken};
use crate::e2b::error::PlainError;
use crate::e2b::reply::{empty, text};
use crate::engine::{EngineSandbox, Identity};
use crate::shared::{Conditions, RangeAsked, Span, cut, last_modified, multipart};

/// Serves a file, or the parts of it that are asked for. It has as many bytes as it had when it
/// was opened.
pub(crate) async fn serve(
    call: &Call,
    found: Found,
    headers: &HeaderMap,
) -> Result<Response, PlainError> {
    let modified = found.reader.stat.mtime.0;
    let size = found.reader.stat.size;
    let range = match Conditions::decide(headers, modified) {
        Conditions::Failed => return Ok(dated(empty(StatusCode::PRECONDITION_FAILED), modified)),
        Conditions::NotModified => return Ok(dated(empty(StatusCode::NOT_MODIFIED), modified)),
        Conditions::Hold(range) => range,
    };
    let mut bytes = found.reader.bytes;
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    (&mut bytes)
        .take((SNIFF_BYTES as u64).min(size))
        .read_to_end(&mut head)
        .await
        .map_err(|error| broken(&found.path, &error))?;
    let kind = by_extension(&found.given).unwrap_or_else(|| sniff(&head));
    let whole = io::Cursor::new(head).chain(bytes);
    let mut response = match RangeAsked::read(range, size) {
        RangeAsked::Outside => return Ok(outside(Some(size))),
        RangeAsked::Malformed => return Ok(outside(None)),
        RangeAsked::Whole => part(call, whole, Span::whole(size), &found.path).await?,
        RangeAsked::One(span) => {
            let mut response = part(call, whole, span, &found.path).await?;
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            insert(&mut response, &CONTENT_RANGE, span.header(size));
            response
        }
        RangeAsked::Several(spans) => {
            let (engine, path) = (Arc::clone(&call.sandbox.engine), Arc::from(found.path));
            let open = move || open(Arc::clone(&engine), Arc::clone(&path));
            multipart(spans, kind, size, open)
        }
    };
    let headers = response.headers_mut();
    headers
        .entry(CONTENT_TYPE)
        .or_insert(HeaderValue::from_static(kind));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    Ok(dated(response, modified))
}

fn insert(response: &mut Response, name: &axum::http::HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}

fn dated(mut response: Response, modified: i64) -> Response {
    if let Some(date) = last_modified(modified) {
        insert(&mut response, &LAST_MODIFIED, date);
    }
    response
}

/// 416; with the size when the range is well formed but lies behind the end.
fn outside(size: Option<u64>) -> Response {
    let message = match size {
        Some(_) => "invalid range: failed to overlap",
        None => "invalid range",
    };
    let mut response = text(StatusCode::RANGE_NOT_SATISFIABLE, message);
    let nosniff = HeaderValue::from_static("nosniff");
    response
        .headers_mut()
        .insert("x-content-type-options", nosniff);
    if let Some(size) = size {
        insert(&mut response, &CONTENT_RANGE, format!("bytes */{size}"));
    }
    response
}

/// One span of a file that is read from its start.
async fn part(
    call: &Call,
    whole: impl AsyncRead + Send + Unpin + 'static,
    span: Span,
    path: &str,
) -> Result<Response, PlainError> {
    let failed = |error| broken(path, &error);
    let mut content = cut(whole, span).await.map_err(failed)?;
    let (body, length) = if call.route.is_tampered() && span.length <= TAMPERED_BYTES_MAX {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).await.map_err(failed)?;
        let bytes = call.route.bytes(bytes);
        let length = bytes.len() as u64;
        (Body::from(bytes), length)
    } else {
        (Body::from_stream(ReaderStream::new(content)), span.length)
    };
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

async fn open(
    engine: Arc<dyn EngineSandbox>,
    path: Arc<str>,
) -> io::Result<Box<dyn AsyncRead + Send + Unpin>> {
    let opened = engine.read(&path, &Identity::Root).await;
    Ok(opened.map_err(io::Error::other)?.bytes)
}
