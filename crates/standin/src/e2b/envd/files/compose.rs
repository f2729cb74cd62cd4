//! `POST /files/compose`: several files become one (contract 4).

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

use crate::e2b::envd::call::Call;
use crate::e2b::envd::files::write::{failed, own, user_named, written};
use crate::e2b::envd::parents;
use crate::e2b::envd::paths;
use crate::e2b::error::PlainError;
use crate::engine::{Account, EngineError, FileKind, FileWriter, Identity};
use crate::shared::go_path;

/// Bytes of a request at most; envd has no limit, ours keeps memory bounded.
const BODY_BYTES_MAX: usize = 4 << 20;

/// Bytes that are copied at a time.
const COPY_BYTES: usize = 64 * 1024;

/// The body of a request; `null` is as good as absent.
#[derive(Debug, Default, Deserialize)]
struct Compose {
    source_paths: Option<Vec<String>>,
    destination: Option<String>,
    username: Option<String>,
}

/// Answers `POST /files/compose`.
pub(crate) async fn answer(call: &Call, request: Request) -> Response {
    let order = match read(request).await {
        Ok(order) => order,
        Err(error) => return call.route.plain_error(&error),
    };
    let owned = call.clone();
    // A task of its own: a client that goes away must not leave half a file under another name.
    let done = call
        .app
        .tasks
        .spawn(async move { compose(&owned, order).await })
        .await;
    match done {
        Ok(Ok(entry)) => call.route.json(StatusCode::OK, entry),
        Ok(Err(error)) => call.route.plain_error(&error),
        Err(_) => {
            let message = "error composing: task failed";
            let error = PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message);
            call.route.plain_error(&error)
        }
    }
}

fn bad_request(message: impl Into<String>) -> PlainError {
    PlainError::new(StatusCode::BAD_REQUEST, message)
}

async fn read(request: Request) -> Result<Compose, PlainError> {
    let invalid = |reason: &str| bad_request(format!("invalid request body: {reason}"));
    let body = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX).await;
    let body = body.map_err(|_| invalid("http: request body too large"))?;
    // As Go's decoder: one value, whatever comes behind it.
    let mut values = serde_json::Deserializer::from_slice(&body).into_iter::<Option<Compose>>();
    match values.next() {
        Some(Ok(order)) => Ok(order.unwrap_or_default()),
        Some(Err(error)) if error.is_eof() => Err(invalid("unexpected EOF")),
        Some(Err(error)) => Err(invalid(&error.to_string())),
        None => Err(invalid("EOF")),
    }
}

async fn compose(call: &Call, order: Compose) -> Result<Value, PlainError> {
    let given = order.source_paths.unwrap_or_default();
    if given.is_empty() {
        return Err(bad_request("source_paths must not be empty"));
    }
    let destination = order.destination.filter(|path| !path.is_empty());
    let destination = destination.ok_or_else(|| bad_request("destination is required"))?;
    let user = user_named(call, order.username.as_deref()).await?;
    let destination = paths::resolve(&destination, call.work_dir(), &user.home, &user.name)
        .map_err(|foreign| {
            let message = format!("error resolving destination path: {}", foreign.message);
            bad_request(message)
        })?;
    let mut sources = Vec::new();
    for path in &given {
        sources.push(source(call, &user, path, &destination).await?);
    }
    let made = parents::ensure(&call.sandbox, &go_path::dir(&destination), &user).await;
    made.map_err(|error| {
        let message = format!("error ensuring directories: {}", error.message());
        PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    })?;
    // What is there stays whole until everything has been put together.
    let temporary = format!("{destination}.e2b-compose.{}.tmp", Uuid::new_v4());
    let root = Identity::Root;
    let engine = &call.sandbox.engine;
    let outcome = assemble(call, &user, &sources, &temporary, &destination).await;
    if let Err(error) = outcome {
        // Nothing to do about one that cannot be removed.
        drop(engine.remove(&temporary, false, &root).await);
        return Err(error);
    }
    for path in &sources {
        // The same source may be named twice.
        drop(engine.remove(path, false, &root).await);
    }
    Ok(written(&destination, None))
}

/// Checks a source and resolves its path.
async fn source(
    call: &Call,
    user: &Account,
    given: &str,
    destination: &str,
) -> Result<String, PlainError> {
    let path =
        paths::resolve(given, call.work_dir(), &user.home, &user.name).map_err(|foreign| {
            let reason = foreign.message;
            bad_request(format!("error resolving source path {given:?}: {reason}"))
        })?;
    if path == destination {
        let message = format!("source path {given:?} cannot be the same as destination");
        return Err(bad_request(message));
    }
    match call.sandbox.engine.stat(&path, true, &Identity::Root).await {
        Ok(stat) if stat.kind == FileKind::File => Ok(path),
        Ok(_) => Err(bad_request(format!(
            "source path is not a regular file: {given}"
        ))),
        Err(EngineError::Gone) => Err(failed("", &EngineError::Gone)),
        Err(_) => Err(PlainError::new(
            StatusCode::NOT_FOUND,
            format!("source file not found: {given}"),
        )),
    }
}

async fn assemble(
    call: &Call,
    user: &Account,
    sources: &[String],
    temporary: &str,
    destination: &str,
) -> Result<(), PlainError> {
    let root = Identity::Root;
    let engine = &call.sandbox.engine;
    let opened = engine.write(temporary, &root).await;
    let mut writer = opened.map_err(|error| {
        full_or(
            &format!("error creating destination file: open {temporary}"),
            &error,
        )
    })?;
    own(call, user, temporary).await?;
    for path in sources {
        copy(call, path, writer.as_mut()).await?;
    }
    let finished = writer.finish().await;
    finished.map_err(|error| {
        full_or(
            &format!("error closing destination file: close {temporary}"),
            &error,
        )
    })?;
    let doing = format!("error finalizing compose: rename {temporary} {destination}");
    // Go's `os.Rename` never replaces a directory.
    let there = engine.stat(destination, false, &root).await;
    if there.is_ok_and(|stat| stat.kind == FileKind::Directory) {
        let message = format!("{doing}: file exists");
        return Err(PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message));
    }
    let renamed = engine.rename(temporary, destination, &root).await;
    renamed.map_err(|error| failed(&doing, &error))
}

async fn copy(call: &Call, path: &str, writer: &mut dyn FileWriter) -> Result<(), PlainError> {
    let opened = call.sandbox.engine.read(path, &Identity::Root).await;
    let mut content = opened
        .map_err(|error| {
            failed(
                &format!("error opening source file {path}: open {path}"),
                &error,
            )
        })?
        .bytes;
    let mut buffer = vec![0; COPY_BYTES];
    loop {
        let count = content.read(&mut buffer).await.map_err(|error| {
            let message = format!("error composing source {path}: {error}");
            PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
        })?;
        if count == 0 {
            return Ok(());
        }
        let sent = writer.write(&buffer[..count]).await;
        sent.map_err(|error| full_or(&format!("error composing source {path}"), &error))?;
    }
}

/// 507 when the sandbox is full, else 500.
fn full_or(doing: &str, error: &EngineError) -> PlainError {
    if matches!(error.errno(), Some(libc::ENOSPC | libc::EDQUOT)) {
        let message = "not enough disk space available";
        return PlainError::new(StatusCode::INSUFFICIENT_STORAGE, message);
    }
    failed(doing, error)
}
