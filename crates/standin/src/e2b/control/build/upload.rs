//! `PUT` of a build's files: no key, but an address that only who asked for it knows.

use std::io;

use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use futures_util::TryStreamExt as _;
use tokio_util::io::StreamReader;

use crate::e2b::app::App;
use crate::e2b::build::UPLOAD_BYTES_MAX;
use crate::e2b::error::ControlError;
use crate::e2b::reply::{Route, empty};
use crate::shared::Archive;

/// What the paths of uploads begin with.
pub(crate) const UPLOADS: &str = "/build-files/";

/// Takes an upload, whole or not at all.
pub(crate) async fn upload(app: &App, route: &Route, request: Request) -> Response {
    match take(app, request).await {
        Ok(()) => empty(StatusCode::OK),
        Err(error) => route.control_error(&error),
    }
}

async fn take(app: &App, request: Request) -> Result<(), ControlError> {
    let refuse = |status, text: String| Err(ControlError::new(status, text));
    let token = request.uri().path().strip_prefix(UPLOADS);
    let hash = token.and_then(|token| app.workshop.uploads.expected(token));
    let Some(hash) = hash else {
        let text = "this upload address is not known, or no longer: ask for a new one";
        return refuse(StatusCode::FORBIDDEN, text.to_owned());
    };
    if request.method() != Method::PUT {
        let text = "files are uploaded with PUT".to_owned();
        return refuse(StatusCode::METHOD_NOT_ALLOWED, text);
    }
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
    let Some(length) = length.filter(|_| !request.headers().contains_key(TRANSFER_ENCODING)) else {
        let text = "an upload needs a Content-Length".to_owned();
        return refuse(StatusCode::LENGTH_REQUIRED, text);
    };
    if length > UPLOAD_BYTES_MAX {
        let text = format!(
            "the upload has {length} bytes, and the stand-in takes {UPLOAD_BYTES_MAX} at most; \
             leave out what the template does not need (.dockerignore)"
        );
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, text);
    }
    let body = request.into_body().into_data_stream();
    let body = StreamReader::new(body.map_err(io::Error::other));
    let archive = Archive::bounded(None, Box::new(body), UPLOAD_BYTES_MAX).await;
    let archive = archive
        .map_err(|error| ControlError::bad_request(format!("the upload broke off: {error}")))?;
    if archive.len != length {
        let text = format!("the upload has {} bytes of {length}", archive.len);
        return Err(ControlError::bad_request(text));
    }
    app.workshop.uploads.keep(hash, archive);
    Ok(())
}
