//! `GET /files` (contract 4.2), always in identity encoding.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, LAST_MODIFIED, RANGE, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::ReaderStream;

use crate::standin::e2b::envd::call::Call;
use crate::standin::e2b::envd::files::content_type::{SNIFF_BYTES, content_type};
use crate::standin::e2b::envd::files::query::FilesQuery;
use crate::standin::e2b::envd::files::range::{self, Wanted};
use crate::standin::e2b::envd::files::signature::{self, Operation};
use crate::standin::e2b::envd::files::write::user_of;
use crate::standin::e2b::envd::paths;
use crate::standin::e2b::error::{PlainError, go_text};
use crate::standin::e2b::reply::text;
use crate::standin::engine::{EngineError, FileKind, FileReader, Identity};

/// Bytes of a file that may be changed on its way out (self-test of the judge): it must be whole.
const TAMPERED_BYTES_MAX: u64 = 64 << 20;

/// Answers `GET /files`.
pub(crate) async fn answer(call: &Call, request: Request) -> Response {
    let query = match FilesQuery::read(request.uri().query().unwrap_or_default()) {
        Ok(query) => query,
        Err(message) => return text(StatusCode::BAD_REQUEST, &message),
    };
    match download(call, &query, request.headers()).await {
        Ok(response) => response,
        Err(error) => call.route.plain_error(&error),
    }
}

async fn download(
    call: &Call,
    query: &FilesQuery,
    headers: &HeaderMap,
) -> Result<Response, PlainError> {
    let now = call.app.clock.now().as_second();
    let token = call.sandbox.token.as_deref();
    signature::check(query, Operation::Read, token, headers, now)?;
    let user = user_of(call, query).await?;
    let given = query.path.as_deref().unwrap_or_default();
    let path = paths::resolve(given, &user.home, &user.name).map_err(|foreign| {
        bad_request(format!(
            "error expanding and resolving path '{given}': {}",
            foreign.message
        ))
    })?;
    let root = Identity::Root;
    let stat = call.sandbox.engine.stat(&path, true, &root).await;
    let stat = stat.map_err(|error| unreadable("error checking if path exists", &path, &error))?;
    if stat.kind == FileKind::Directory {
        return Err(bad_request(format!("path '{path}' is a directory")));
    }
    check_encoding(headers)?;
    let opened = call.sandbox.engine.read(&path, &root).await;
    let reader = opened.map_err(|error| unreadable("error opening file", &path, &error))?;
    respond(call, &path, reader, headers).await
}

fn bad_request(message: String) -> PlainError {
    PlainError::new(StatusCode::BAD_REQUEST, message)
}

fn unreadable(doing: &str, path: &str, error: &EngineError) -> PlainError {
    match error {
        EngineError::Gone => PlainError::new(StatusCode::BAD_GATEWAY, "The sandbox was not found"),
        error if error.errno() == Some(libc::ENOENT) => {
            let message = format!("path '{path}' does not exist");
            PlainError::new(StatusCode::NOT_FOUND, message)
        }
        error => PlainError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("{doing} '{path}': {}", go_text(error)),
        ),
    }
}

/// 406 when the client takes neither identity nor gzip.
fn check_encoding(headers: &HeaderMap) -> Result<(), PlainError> {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|it| it.to_str().ok());
    let Some(accepted) = accepted else {
        return Ok(());
    };
    let refused = |coding: &str| {
        accepted.split(',').any(|part| {
            let mut pieces = part.split(';').map(str::trim);
            let named = pieces
                .next()
                .is_some_and(|it| it.eq_ignore_ascii_case(coding));
            let zero = pieces.any(|q| {
                q.strip_prefix("q=")
                    .and_then(|q| q.parse::<f32>().ok())
                    .is_some_and(|q| q <= 0.0)
            });
            named && zero
        })
    };
    let takes_gzip = accepted.contains("gzip") && !refused("gzip");
    if (refused("identity") || refused("*")) && !takes_gzip {
        return Err(PlainError::new(
            StatusCode::NOT_ACCEPTABLE,
            "error parsing Accept-Encoding: no acceptable encoding found, supported: [gzip]",
        ));
    }
    Ok(())
}

async fn respond(
    call: &Call,
    path: &str,
    reader: FileReader,
    headers: &HeaderMap,
) -> Result<Response, PlainError> {
    let FileReader { stat, mut bytes } = reader;
    let name = paths::base(path);
    let failed = |error: std::io::Error| {
        let message = format!("error reading file '{path}': {error}");
        PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    };
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    (&mut bytes)
        .take((SNIFF_BYTES as u64).min(stat.size))
        .read_to_end(&mut head)
        .await
        .map_err(failed)?;
    let kind = content_type(name, &head);
    let wanted = headers.get(RANGE).and_then(|value| value.to_str().ok());
    // Identity mode serves as many bytes as the file had when it was opened, no more.
    let (status, first, length) = match range::read(wanted, stat.size) {
        Wanted::Whole => (StatusCode::OK, 0, stat.size),
        Wanted::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Wanted::Outside => return Ok(outside(stat.size, "invalid range: failed to overlap")),
        Wanted::Malformed => return Ok(outside(stat.size, "invalid range")),
    };
    let mut body = std::io::Cursor::new(head).chain(bytes);
    skip(&mut body, first).await.map_err(failed)?;
    let body = body.take(length);
    let mut response = if call.route.is_tampered() && length <= TAMPERED_BYTES_MAX {
        let mut whole = Vec::new();
        let mut body = body;
        body.read_to_end(&mut whole).await.map_err(failed)?;
        Response::new(Body::from(call.route.bytes(whole)))
    } else {
        let mut response = Response::new(Body::from_stream(ReaderStream::new(body)));
        let length = HeaderValue::from(length);
        response.headers_mut().insert(CONTENT_LENGTH, length);
        response
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Ok(value) = HeaderValue::try_from(disposition(name)) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    if let Some(value) = http_date(stat.mtime.0) {
        headers.insert(LAST_MODIFIED, value);
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let last = first + length - 1;
        if let Ok(value) = HeaderValue::try_from(format!("bytes {first}-{last}/{}", stat.size)) {
            headers.insert(CONTENT_RANGE, value);
        }
    }
    Ok(response)
}

fn outside(size: u64, message: &str) -> Response {
    let mut response = text(StatusCode::RANGE_NOT_SATISFIABLE, message);
    if let Ok(value) = HeaderValue::try_from(format!("bytes */{size}")) {
        response.headers_mut().insert(CONTENT_RANGE, value);
    }
    response
}

async fn skip(from: &mut (impl AsyncRead + Unpin), bytes: u64) -> std::io::Result<()> {
    tokio::io::copy(&mut from.take(bytes), &mut tokio::io::sink()).await?;
    Ok(())
}

fn http_date(seconds: i64) -> Option<HeaderValue> {
    let at = Timestamp::from_second(seconds).ok()?;
    let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::try_from(date).ok()
}

/// Go's `mime.FormatMediaType("inline", filename)`.
fn disposition(name: &str) -> String {
    /// RFC 2231 leaves these as they are.
    const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'!')
        .remove(b'#')
        .remove(b'$')
        .remove(b'&')
        .remove(b'+')
        .remove(b'^')
        .remove(b'`')
        .remove(b'{')
        .remove(b'|')
        .remove(b'}');
    let printable = name.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !printable {
        return format!(
            "inline; filename*=utf-8''{}",
            utf8_percent_encode(name, ATTRIBUTE)
        );
    }
    let special = |byte: u8| byte == b' ' || b"()<>@,;:\\\"/[]?=".contains(&byte);
    if name.is_empty() || name.bytes().any(special) {
        let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("inline; filename=\"{escaped}\"");
    }
    format!("inline; filename={name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_quoted_when_it_must_be() {
        for (name, expected) in [
            ("a.txt", "inline; filename=a.txt"),
            ("a b", "inline; filename=\"a b\""),
            ("a\"b", "inline; filename=\"a\\\"b\""),
            ("é", "inline; filename*=utf-8''%C3%A9"),
        ] {
            assert_eq!(disposition(name), expected);
        }
    }

    #[test]
    fn a_client_that_takes_nothing_is_told_so() {
        for (accepted, ok) in [
            ("gzip, deflate", true),
            ("identity", true),
            ("zstd", true),
            ("identity;q=0", false),
            ("*;q=0, gzip;q=1", true),
            ("gzip;q=0, identity;q=0", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(check_encoding(&headers).is_ok(), ok, "{accepted}");
        }
    }

    #[test]
    fn dates_are_those_of_http() {
        let date = http_date(784_111_777).unwrap();
        assert_eq!(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
