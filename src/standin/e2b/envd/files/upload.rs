//! `POST /files` (contract 4.3).

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use crate::standin::e2b::envd::call::Call;
use crate::standin::e2b::envd::files::query::FilesQuery;
use crate::standin::e2b::envd::files::signature::{self, Operation};
use crate::standin::e2b::envd::files::write::{user_of, write};
use crate::standin::e2b::envd::paths;
use crate::standin::e2b::error::PlainError;
use crate::standin::e2b::reply::text;
use crate::standin::engine::Account;

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
    let headers = request.headers();
    let now = call.app.clock.now().as_second();
    let token = call.sandbox.token.as_deref();
    signature::check(query, Operation::Write, token, headers, now)?;
    check_encoding(headers)?;
    let user = user_of(call, query).await?;
    refuse_metadata(headers)?;
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "multipart/form-data" => parts(call, query, &user, request).await,
        "application/octet-stream" => raw(call, query, &user, request).await,
        _ => Err(bad_request(format!(
            "unsupported content type: {content_type}, expected multipart/form-data or \
             application/octet-stream"
        ))),
    }
}

fn bad_request(message: impl Into<String>) -> PlainError {
    PlainError::new(StatusCode::BAD_REQUEST, message)
}

fn check_encoding(headers: &HeaderMap) -> Result<(), PlainError> {
    let encoding = headers
        .get(CONTENT_ENCODING)
        .and_then(|it| it.to_str().ok());
    match encoding {
        None | Some("" | "identity") => Ok(()),
        // The real envd decompresses gzip; the stand-in takes no coding at all.
        Some(other) => Err(bad_request(format!(
            "error decompressing request body: unsupported Content-Encoding: {other}"
        ))),
    }
}

fn refuse_metadata(headers: &HeaderMap) -> Result<(), PlainError> {
    let mut names = headers.keys();
    if names.any(|name| name.as_str().starts_with("x-metadata-")) {
        return Err(PlainError::new(
            StatusCode::NOT_IMPLEMENTED,
            "the stand-in does not implement metadata of files",
        ));
    }
    Ok(())
}

fn resolve(path: &str, user: &Account) -> Result<String, PlainError> {
    paths::resolve(path, &user.home, &user.name)
        .map_err(|foreign| bad_request(format!("error resolving path: {}", foreign.message)))
}

fn written(path: &str) -> Value {
    json!({"path": path, "name": paths::base(path), "type": "file"})
}

/// A raw body is one file.
async fn raw(
    call: &Call,
    query: &FilesQuery,
    user: &Account,
    request: Request,
) -> Result<Vec<Value>, PlainError> {
    let Some(path) = query.path.as_deref().filter(|path| !path.is_empty()) else {
        return Err(bad_request(
            "path query parameter is required for raw body upload",
        ));
    };
    let path = resolve(path, user)?;
    let body = request.into_body().into_data_stream();
    let broken = |error: axum::Error| {
        let message = format!("error writing file: {error}");
        PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    };
    write(call, user, &path, body, broken).await?;
    Ok(vec![written(&path)])
}

/// Each part named `file` is one file; its name is kept whole, directories and all.
async fn parts(
    call: &Call,
    query: &FilesQuery,
    user: &Account,
    request: Request,
) -> Result<Vec<Value>, PlainError> {
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|rejection| {
        PlainError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("error parsing multipart form: {}", rejection.body_text()),
        )
    })?;
    let broken = |error: axum::extract::multipart::MultipartError| {
        let message = format!("error reading form: {}", error.body_text());
        PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    };
    let mut paths = Vec::new();
    while let Some(part) = form.next_field().await.map_err(broken)? {
        if part.name() != Some("file") {
            continue;
        }
        let given = match (query.path.as_deref(), part.file_name()) {
            (Some(path), _) if !path.is_empty() => path,
            (_, Some(name)) => name,
            _ => {
                return Err(bad_request(
                    "error getting multipart custom part file name: filename not found in \
                     Content-Disposition header",
                ));
            }
        };
        let path = resolve(given, user)?;
        if paths.contains(&path) {
            return Err(bad_request(format!(
                "you cannot upload multiple files to the same path '{path}' in one upload \
                 request, only the first specified file was uploaded"
            )));
        }
        write(call, user, &path, part, broken).await?;
        paths.push(path);
    }
    Ok(paths.iter().map(|path| written(path)).collect())
}
