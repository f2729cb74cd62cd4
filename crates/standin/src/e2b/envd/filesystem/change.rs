//! `MakeDir`, `Move` and `Remove`.

use crate::e2b::envd::parents;
use crate::e2b::error::{Code, RpcError};
use crate::e2b::sandbox::Sandbox;
use crate::engine::{Account, EngineError, FileKind, Identity};
use crate::shared::go_path;

/// Makes a directory and its parents.
pub(crate) async fn make_dir(
    sandbox: &Sandbox,
    path: &str,
    user: &Account,
) -> Result<(), RpcError> {
    match sandbox.engine.stat(path, true, &Identity::Root).await {
        Ok(stat) if stat.kind == FileKind::Directory => {
            let text = format!("directory already exists: {path}");
            return Err(RpcError::new(Code::AlreadyExists, text));
        }
        Ok(_) => {
            return Err(RpcError::invalid(format!(
                "path already exists but it is not a directory: {path}"
            )));
        }
        Err(error) if error.errno() == Some(libc::ENOENT) => {}
        Err(error) => {
            let context = format!("error getting file info: stat {path}: ");
            return Err(RpcError::engine(Code::Internal, &context, &error));
        }
    }
    let made = parents::ensure(sandbox, path, user).await;
    made.map_err(|error| RpcError::internal(error.message()))
}

/// Renames, after making the destination's parents (even if the source is then missing).
pub(crate) async fn rename(
    sandbox: &Sandbox,
    source: &str,
    destination: &str,
    user: &Account,
) -> Result<(), RpcError> {
    let made = parents::ensure(sandbox, &go_path::dir(destination), user).await;
    made.map_err(|error| RpcError::internal(error.message()))?;
    let root = Identity::Root;
    let engine = &sandbox.engine;
    let failed = |error: &EngineError| {
        let (code, what) = if error.errno() == Some(libc::ENOENT) {
            (Code::NotFound, "source file not found")
        } else {
            (Code::Internal, "error renaming")
        };
        let context = format!("{what}: rename {source} {destination}: ");
        RpcError::engine(code, &context, error)
    };
    // Go's `os.Rename` never replaces a directory, not even an empty one; it looks at the source
    // first.
    let there = engine.stat(destination, false, &root).await;
    if there.is_ok_and(|stat| stat.kind == FileKind::Directory) {
        engine
            .stat(source, false, &root)
            .await
            .map_err(|error| failed(&error))?;
        return Err(RpcError::internal(format!(
            "error renaming: rename {source} {destination}: file exists"
        )));
    }
    let renamed = engine.rename(source, destination, &root).await;
    renamed.map_err(|error| failed(&error))
}

/// Removes whatever is there; nothing there is fine.
pub(crate) async fn remove(sandbox: &Sandbox, path: &str) -> Result<(), RpcError> {
    match sandbox.engine.remove(path, true, &Identity::Root).await {
        Err(error) if error.errno() != Some(libc::ENOENT) => {
            let context = format!("error removing file or directory: unlinkat {path}: ");
            Err(RpcError::engine(Code::Internal, &context, &error))
        }
        _ => Ok(()),
    }
}
