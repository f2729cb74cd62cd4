//! Writing one file: whose it becomes, and what is kept with it (contract 4.3).

use std::io;

use axum::http::StatusCode;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde_json::Value;

use crate::e2b::envd::call::Call;
use crate::e2b::envd::metadata::{self, Metadata};
use crate::e2b::envd::parents;
use crate::e2b::error::{PlainError, go_text};
use crate::engine::{Account, EngineError, FileKind, Identity};
use crate::shared::go_path;

/// The user of a `/files` request: the one it names, else the default; Basic is not used here.
pub(crate) async fn user_named(call: &Call, name: Option<&str>) -> Result<Account, PlainError> {
    let name = name.unwrap_or(&call.sandbox.defaults.user);
    match call.accounts.find(name).await {
        Ok(Some(account)) => Ok(account),
        Ok(None) => Err(PlainError::new(
            StatusCode::UNAUTHORIZED,
            format!("error looking up user '{name}': user: unknown user {name}"),
        )),
        Err(error) => Err(PlainError::new(error.code.status(), error.message)),
    }
}

/// What an upload request says of all its files.
pub(crate) struct Upload {
    /// Whose they become.
    pub(crate) user: Account,
    /// What is kept with each.
    pub(crate) metadata: Metadata,
    /// `Content-Length` of the request, if it has one.
    pub(crate) length: Option<u64>,
}

/// What an upload answers of one file.
pub(crate) fn written(path: &str, kept: Option<Value>) -> Value {
    let mut entry = serde_json::json!({
        "path": path,
        "name": go_path::base(path),
        "type": "file",
    });
    if let Some(kept) = kept {
        entry["metadata"] = kept;
    }
    entry
}

/// Writes a file as it arrives: parents are made, an existing file is truncated in place and
/// changes owner. A failure leaves what was written until then.
pub(crate) async fn write<S>(
    call: &Call,
    upload: &Upload,
    path: &str,
    mut pieces: S,
) -> Result<Value, PlainError>
where
    S: Stream<Item = io::Result<Bytes>> + Unpin,
{
    let engine = &call.sandbox.engine;
    let made = parents::ensure(&call.sandbox, &go_path::dir(path), &upload.user).await;
    made.map_err(|error| {
        let message = format!("error ensuring directories: {}", error.message());
        PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    })?;
    let existed = take_over(call, &upload.user, path).await?;
    let opened = engine.write(path, &Identity::Root).await;
    let mut writer = opened.map_err(|error| {
        if error.errno() == Some(libc::ENOSPC) {
            let reason = go_text(&error);
            let message = format!("not enough inodes available: open {path}: {reason}");
            return PlainError::new(StatusCode::INSUFFICIENT_STORAGE, message);
        }
        failed(&format!("error opening file: open {path}"), &error)
    })?;
    if !existed {
        // As in envd the file is the user's before its content is there.
        own(call, &upload.user, path).await?;
    }
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| {
            let message = format!("error writing file: {error}");
            PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
        })?;
        let sent = writer.write(&piece).await;
        sent.map_err(|error| not_written(path, upload, &error))?;
    }
    let finished = writer.finish().await;
    finished.map_err(|error| not_written(path, upload, &error))?;
    let kept = keep(call, path, &upload.metadata, existed).await?;
    Ok(written(path, kept))
}

/// Makes an existing file the user's before it is truncated. False when there is none.
async fn take_over(call: &Call, user: &Account, path: &str) -> Result<bool, PlainError> {
    match call.sandbox.engine.stat(path, true, &Identity::Root).await {
        Ok(stat) if stat.kind == FileKind::Directory => {
            let message = format!("path is a directory: {path}");
            Err(PlainError::new(StatusCode::BAD_REQUEST, message))
        }
        Ok(_) => {
            own(call, user, path).await?;
            Ok(true)
        }
        Err(error) if error.errno() == Some(libc::ENOENT) => Ok(false),
        Err(error) => Err(failed(
            &format!("error getting file info: stat {path}"),
            &error,
        )),
    }
}

/// Gives a file to the user. A link is written through: the file behind it changes owner.
pub(crate) async fn own(call: &Call, user: &Account, path: &str) -> Result<(), PlainError> {
    let engine = &call.sandbox.engine;
    let (uid, gid) = (Some(user.uid), Some(user.gid));
    let owned = engine.set_owner(path, uid, gid, &Identity::Root).await;
    let doing = format!("error changing file ownership: chown {path}");
    owned.map_err(|error| failed(&doing, &error))
}

/// Makes a file's metadata exactly this, so that none is left of an earlier upload, and tells
/// what is kept. A file system that cannot keep any is no failure.
async fn keep(
    call: &Call,
    path: &str,
    metadata: &Metadata,
    existed: bool,
) -> Result<Option<Value>, PlainError> {
    if metadata.is_empty() && !existed {
        return Ok(None);
    }
    let attributes = metadata::attributes(metadata);
    let root = Identity::Root;
    let engine = &call.sandbox.engine;
    let kept = engine.set_attributes(path, metadata::PREFIX, attributes, &root);
    match kept.await {
        Ok(()) if metadata.is_empty() => Ok(None),
        Ok(()) => Ok(Some(serde_json::json!(metadata))),
        Err(error) => match error.errno() {
            Some(libc::EOPNOTSUPP) => Ok(None),
            Some(libc::ENOSPC | libc::EDQUOT) => Err(PlainError::new(
                StatusCode::INSUFFICIENT_STORAGE,
                format!("not enough space for file metadata: {}", go_text(&error)),
            )),
            _ => Err(failed("error writing file metadata", &error)),
        },
    }
}

fn not_written(path: &str, upload: &Upload, error: &EngineError) -> PlainError {
    if matches!(error.errno(), Some(libc::ENOSPC | libc::EDQUOT)) {
        let attempted = match upload.length {
            Some(length) if length > 0 => format!("attempted to write {length} bytes: "),
            _ => String::new(),
        };
        let message = format!("{attempted}not enough disk space available");
        return PlainError::new(StatusCode::INSUFFICIENT_STORAGE, message);
    }
    failed(&format!("error writing file: write {path}"), error)
}

/// 500 with what Go says of the errno.
pub(crate) fn failed(doing: &str, error: &EngineError) -> PlainError {
    match error {
        EngineError::Gone => PlainError::new(StatusCode::BAD_GATEWAY, "The sandbox was not found"),
        error => PlainError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("{doing}: {}", go_text(error)),
        ),
    }
}
