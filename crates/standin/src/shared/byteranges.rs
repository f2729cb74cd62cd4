//! Parts of a file on their way out, as Go's `ServeContent` sends them.

use std::io;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::io::{AsyncRead, AsyncReadExt as _, Take};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use crate::shared::Span;

/// A span of what is read from its start: the engine opens a file there, so what stands before the
/// span is read and dropped.
///
/// # Errors
/// When it cannot be read up to the span.
pub(crate) async fn cut<R>(mut whole: R, span: Span) -> io::Result<Take<R>>
where
    R: AsyncRead + Send + Unpin,
{
    let mut skipped = (&mut whole).take(span.start);
    tokio::io::copy(&mut skipped, &mut tokio::io::sink()).await?;
    Ok(whole.take(span.length))
}

/// Several spans of a file of `size` bytes and this content type: 206 as `multipart/byteranges`.
/// The file is opened at its start for each, one after the other.
pub(crate) fn multipart<R, F>(
    spans: Vec<Span>,
    kind: &str,
    size: u64,
    open: impl Fn() -> F + Send + 'static,
) -> Response
where
    R: AsyncRead + Send + Unpin + 'static,
    F: Future<Output = io::Result<R>> + Send + 'static,
{
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
    let parts = stream::iter(heads.into_iter().zip(spans)).flat_map(move |(head, span)| {
        let opened = open();
        let content = async move {
            let part = cut(opened.await?, span).await?;
            io::Result::Ok(ReaderStream::new(part))
        };
        let content = stream::once(content).try_flatten();
        stream::once(async { Ok(Bytes::from(head)) }).chain(content)
    });
    let all = parts.chain(stream::once(async { Ok(Bytes::from(tail)) }));
    let mut response = Response::new(Body::from_stream(all));
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let headers = response.headers_mut();
    let kind = format!("multipart/byteranges; boundary={boundary}");
    // A boundary of hexadecimal digits fits a header.
    if let Ok(kind) = HeaderValue::try_from(kind) {
        headers.insert(CONTENT_TYPE, kind);
    }
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn parts_are_framed_and_their_length_is_told() {
        let spans = vec![
            Span {
                start: 8,
                length: 2,
            },
            Span {
                start: 0,
                length: 1,
            },
        ];
        let open = || async { Ok(&b"0123456789"[..]) };
        let response = multipart(spans, "text/plain", 10, open);
        assert_eq!(response.status(), 206);
        let text = |name| response.headers()[name].to_str().unwrap().to_owned();
        let (kind, length) = (text(CONTENT_TYPE), text(CONTENT_LENGTH));
        let boundary = kind
            .strip_prefix("multipart/byteranges; boundary=")
            .unwrap();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX);
        let body = body.await.unwrap();
        let expected = format!(
            "--{boundary}\r\nContent-Range: bytes 8-9/10\r\nContent-Type: text/plain\r\n\r\n89\r\n\
             --{boundary}\r\nContent-Range: bytes 0-0/10\r\nContent-Type: text/plain\r\n\r\n0\r\n\
             --{boundary}--\r\n"
        );
        assert_eq!(body, expected);
        assert_eq!(length, expected.len().to_string());
    }
}
