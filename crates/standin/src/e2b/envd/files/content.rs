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
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use crate::e2b::envd::call::Call;
use crate::e2b::envd::files::conditions::{self, Verdict};
use crate::e2b::envd::files::content_type::{SNIFF_BYTES, by_extension, sniff};
use crate::e2b::envd::files::found::{Found, TAMPERED_BYTES_MAX, broken};
use crate::e2b::envd::files::range::{self, Span, Wanted};
use crate::e2b::error::PlainError;
use crate::e2b::reply::{empty, text};
use crate::engine::{EngineSandbox, Identity};

/// Serves a file, or the parts of it that are asked for. It has as many bytes as it had when it
/// was opened.
pub(crate) async fn serve(
    call: &Call,
    found: Found,
    headers: &HeaderMap,
) -> Result<Response, PlainError> {
    let modified = found.reader.stat.mtime.0;
    let size = found.reader.stat.size;
    let range = match conditions::decide(headers, modified) {
        Verdict::Failed => return Ok(dated(empty(StatusCode::PRECONDITION_FAILED), modified)),
        Verdict::NotModified => return Ok(dated(empty(StatusCode::NOT_MODIFIED), modified)),
        Verdict::Serve(range) => range,
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
    let mut response = match range::read(range, size) {
        Wanted::Outside => return Ok(outside(Some(size))),
        Wanted::Malformed => return Ok(outside(None)),
        Wanted::Whole => {
            let all = Span {
                start: 0,
                length: size,
            };
            part(call, whole, all, &found.path).await?
        }
        Wanted::Parts(spans) => match spans.as_slice() {
            [span] => {
                let mut response = part(call, whole, *span, &found.path).await?;
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                insert(&mut response, &CONTENT_RANGE, span.header(size));
                response
            }
            _ => several(call, found.path, spans, kind, size),
        },
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
    if let Some(date) = conditions::date(modified) {
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

async fn cut<R>(mut whole: R, span: Span) -> io::Result<tokio::io::Take<R>>
where
    R: AsyncRead + Send + Unpin,
{
    let skipped = (&mut whole).take(span.start);
    tokio::pin!(skipped);
    tokio::io::copy(&mut skipped, &mut tokio::io::sink()).await?;
    Ok(whole.take(span.length))
}

/// Several spans as `multipart/byteranges`; the file is opened for each, one after the other.
fn several(call: &Call, path: String, spans: Vec<Span>, kind: &str, size: u64) -> Response {
    let boundary = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let heads: Vec<String> = spans
        .iter()
        .enumerate()
        .map(|(number, span)| {
            let before = if number == 0 { "" } else { "\r\n" };
            let range = span.header(size);
            format!(
                "{before}--{boundary}\r\nContent-Range: {range}\r\nContent-Type: {kind}\r\n\r\n"
            )
        })
        .collect();
    let tail = format!("\r\n--{boundary}--\r\n");
    let framing: u64 = heads.iter().map(|head| head.len() as u64).sum();
    let content: u64 = spans.iter().map(|span| span.length).sum();
    let length = framing + content + tail.len() as u64;
    let engine = Arc::clone(&call.sandbox.engine);
    let path: Arc<str> = path.into();
    let parts = stream::iter(heads.into_iter().zip(spans)).flat_map(move |(head, span)| {
        let open = open_at(Arc::clone(&engine), Arc::clone(&path), span);
        let content = stream::once(open).try_flatten();
        stream::once(async { Ok(Bytes::from(head)) }).chain(content)
    });
    let all = parts.chain(stream::once(async { Ok(Bytes::from(tail)) }));
    let mut response = Response::new(Body::from_stream(all));
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let kind = format!("multipart/byteranges; boundary={boundary}");
    insert(&mut response, &CONTENT_TYPE, kind);
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

async fn open_at(
    engine: Arc<dyn EngineSandbox>,
    path: Arc<str>,
    span: Span,
) -> io::Result<ReaderStream<impl AsyncRead + Send + Unpin>> {
    let opened = engine.read(&path, &Identity::Root).await;
    let reader = opened.map_err(io::Error::other)?;
    Ok(ReaderStream::new(cut(reader.bytes, span).await?))
}
