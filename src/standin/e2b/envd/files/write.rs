//! Writing one file, and whose it becomes (contract 4.3).

use axum::http::StatusCode;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use crate::standin::e2b::envd::call::Call;
use crate::standin::e2b::envd::files::query::FilesQuery;
use crate::standin::e2b::envd::filesystem::parents::{self, ParentsError};
use crate::standin::e2b::envd::{paths, users};
use crate::standin::e2b::error::{PlainError, go_text};
use crate::standin::engine::{Account, EngineError, FileKind, Identity};

/// The user of a `/files` request: the query's, else the default; Basic is not used here.
pub(crate) async fn user_of(call: &Call, query: &FilesQuery) -> Result<Account, PlainError> {
    let name = query.username.as_deref().unwrap_or(users::DEFAULT_USER);
    match users::find(&call.sandbox, name).await {
        Ok(Some(account)) => Ok(account),
        Ok(None) => Err(PlainError::new(
            StatusCode::UNAUTHORIZED,
            format!("error looking up user '{name}': user: unknown user {name}"),
        )),
        Err(error) => Err(PlainError::new(error.code.status(), error.message)),
    }
}

/// Writes a file: parents are made, an existing file is truncated in place and changes owner.
pub(crate) async fn write<S, E>(
    call: &Call,
    user: &Account,
    path: &str,
    mut bytes: S,
    broken: impl Fn(E) -> PlainError,
) -> Result<(), PlainError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    let root = Identity::Root;
    let engine = &call.sandbox.engine;
    let made = parents::ensure(&call.sandbox, &paths::dir(path), user).await;
    made.map_err(|error| no_parents(&error))?;
    let (uid, gid) = (Some(user.uid), Some(user.gid));
    let existed = match engine.stat(path, true, &root).await {
        Ok(stat) if stat.kind == FileKind::Directory => {
            let message = format!("path is a directory: {path}");
            return Err(PlainError::new(StatusCode::BAD_REQUEST, message));
        }
        Ok(_) => {
            // A link is written through: the file behind it changes owner.
            let file = engine.canonicalize(path, &root).await;
            let file = file.map_err(|error| failed("error opening file", &error))?;
            engine
                .set_owner(&file, uid, gid, &root)
                .await
                .map_err(|error| failed("error changing file ownership", &error))?;
            true
        }
        Err(_) => false,
    };
    let opened = engine.write(path, &root).await;
    let mut writer = opened.map_err(|error| failed("error opening file", &error))?;
    if !existed {
        // As in envd the file is the user's before its content is there.
        engine
            .set_owner(path, uid, gid, &root)
            .await
            .map_err(|error| failed("error changing file ownership", &error))?;
    }
    let mut total = 0_u64;
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.map_err(&broken)?;
        total += chunk.len() as u64;
        let written = writer.write(&chunk).await;
        written.map_err(|error| not_written(&error, total))?;
    }
    let finished = writer.finish().await;
    finished.map_err(|error| not_written(&error, total))
}

fn no_parents(error: &ParentsError) -> PlainError {
    let message = format!("error ensuring directories: {}", error.message());
    PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
}

fn not_written(error: &EngineError, total: u64) -> PlainError {
    if matches!(error.errno(), Some(libc::ENOSPC | libc::EDQUOT)) {
        return PlainError::new(
            StatusCode::INSUFFICIENT_STORAGE,
            format!("attempted to write {total} bytes: not enough disk space available"),
        );
    }
    failed("error writing file", error)
}

fn failed(doing: &str, error: &EngineError) -> PlainError {
    match error {
        EngineError::Gone => PlainError::new(StatusCode::BAD_GATEWAY, "The sandbox was not found"),
        error if error.errno() == Some(libc::ENOSPC) => PlainError::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "not enough disk space available",
        ),
        error => PlainError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("{doing}: {}", go_text(error)),
        ),
    }
}
