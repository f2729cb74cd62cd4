//! `GET /files` (contract 4.2): who asks, for what, in which coding.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::e2b::envd::call::Call;
use crate::e2b::envd::files::content_type::by_extension;
use crate::e2b::envd::files::encoding::{self, Coding, NotAcceptable};
use crate::e2b::envd::files::found::{Found, TAMPERED_BYTES_MAX, broken};
use crate::e2b::envd::files::query::FilesQuery;
use crate::e2b::envd::files::signature::{self, Operation};
use crate::e2b::envd::files::write::user_named;
use crate::e2b::envd::files::{content, disposition, gzip};
use crate::e2b::envd::paths;
use crate::e2b::error::{PlainError, go_text};
use crate::e2b::reply::text;
use crate::engine::{EngineError, FileKind, Identity};
use crate::shared::go_path;

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
    let user = user_named(call, query.username.as_deref()).await?;
    let given = query.path.as_deref().unwrap_or_default();
    let path =
        paths::resolve(given, call.work_dir(), &user.home, &user.name).map_err(|foreign| {
            bad_request(format!(
                "error expanding and resolving path '{given}': {}",
                foreign.message
            ))
        })?;
    let root = Identity::Root;
    let stat = call.sandbox.engine.stat(&path, true, &root).await;
    let stat =
        stat.map_err(|error| unreadable("error checking if path exists", "stat", &path, &error))?;
    if stat.kind == FileKind::Directory {
        return Err(bad_request(format!("path '{path}' is a directory")));
    }
    let coding = match encoding::wanted(headers) {
        Ok(coding) => coding,
        Err(refused) => return Ok(not_acceptable(call, &refused)),
    };
    let opened = call.sandbox.engine.read(&path, &root).await;
    let reader = opened.map_err(|error| unreadable("error opening file", "open", &path, &error))?;
    let found = Found {
        given: given.to_owned(),
        path,
        reader,
    };
    let disposition = disposition::inline(go_path::base(&found.path));
    let mut response = match coding {
        Coding::Identity => content::serve(call, found, headers).await?,
        Coding::Gzip => packed(call, found).await?,
    };
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(value) = HeaderValue::try_from(disposition) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn bad_request(message: String) -> PlainError {
    PlainError::new(StatusCode::BAD_REQUEST, message)
}

/// Why a file cannot be served, `system_call` being the one that said so.
pub(crate) fn unreadable(
    doing: &str,
    system_call: &str,
    path: &str,
    error: &EngineError,
) -> PlainError {
    match error {
        EngineError::Gone => PlainError::new(StatusCode::BAD_GATEWAY, "The sandbox was not found"),
        error if error.errno() == Some(libc::ENOENT) => {
            let message = format!("path '{path}' does not exist");
            PlainError::new(StatusCode::NOT_FOUND, message)
        }
        error => PlainError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("{doing} '{path}': {system_call} {path}: {}", go_text(error)),
        ),
    }
}

fn not_acceptable(call: &Call, refused: &NotAcceptable) -> Response {
    let error = PlainError::new(StatusCode::NOT_ACCEPTABLE, refused.message());
    let mut response = call.route.plain_error(&error);
    // envd knows only after the first check that the answer depends on the header.
    if *refused == NotAcceptable::Identity {
        let vary = HeaderValue::from_static("Accept-Encoding");
        response.headers_mut().insert(VARY, vary);
    }
    response
}

/// The whole file in gzip, to its end wherever that is: a file of `/proc` says that it is empty.
async fn packed(call: &Call, found: Found) -> Result<Response, PlainError> {
    let Found {
        given,
        path,
        reader,
    } = found;
    let mut content: Box<dyn AsyncRead + Send + Unpin> = reader.bytes;
    if call.route.is_tampered() && reader.stat.size <= TAMPERED_BYTES_MAX {
        let mut whole = Vec::new();
        let mut limited = content.take(TAMPERED_BYTES_MAX);
        let read = limited.read_to_end(&mut whole).await;
        read.map_err(|error| broken(&path, &error))?;
        content = Box::new(std::io::Cursor::new(call.route.bytes(whole)));
    }
    let (body, length) = gzip::compressed(content)
        .await
        .map_err(|error| broken(&path, &error))?;
    let mut response: Response<Body> = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    let kind = by_extension(&given).unwrap_or("application/octet-stream");
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(response)
}
