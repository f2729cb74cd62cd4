//! `Stat` and `ListDir`: nothing is changed.

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::e2b::envd::filesystem::entry::entry;
use crate::e2b::envd::metadata;
use crate::e2b::envd::paths;
use crate::e2b::envd::users::Accounts;
use crate::e2b::error::{Code, RpcError};
use crate::e2b::sandbox::Sandbox;
use crate::engine::{Account, EngineError, FileKind, Identity};
use crate::shared::go_path;

/// Entries of one answer at most. envd has no limit; ours keeps memory bounded.
const ENTRIES_MAX: usize = 100_000;

/// The entry of a path.
pub(crate) async fn stat(
    sandbox: &Sandbox,
    accounts: &Accounts,
    path: &str,
) -> Result<Value, RpcError> {
    let found = sandbox.engine.stat(path, false, &Identity::Root).await;
    let stat = found.map_err(|error| {
        let (code, what) = if error.errno() == Some(libc::ENOENT) {
            (Code::NotFound, "file not found")
        } else {
            (Code::Internal, "error getting file info")
        };
        RpcError::engine(code, &format!("{what}: lstat {path}: "), &error)
    })?;
    let accounts = accounts.all().await?;
    // A file system without attributes, or a dangling link, is as good as a file without any.
    let kept = sandbox
        .engine
        .attributes(path, metadata::PREFIX, &Identity::Root)
        .await
        .unwrap_or_default();
    let kept = metadata::view(kept.iter());
    Ok(entry(sandbox, path, go_path::base(path), &stat, accounts, kept).await)
}

/// What is below a directory, parents before children, in name order. A link as the root is
/// followed, links below are not.
pub(crate) async fn list(
    sandbox: &Sandbox,
    accounts: &Accounts,
    path: &str,
    depth: u32,
) -> Result<Vec<Value>, RpcError> {
    let root = Identity::Root;
    let resolved = match sandbox.engine.canonicalize(path, &root).await {
        Ok(resolved) => resolved,
        Err(error) => return Err(unresolved(sandbox, path, &error).await),
    };
    let stat = sandbox.engine.stat(&resolved, true, &root).await;
    let stat = stat
        .map_err(|error| RpcError::engine(Code::Internal, "error getting file info: ", &error))?;
    if stat.kind != FileKind::Directory {
        let text = format!("path is not a directory: {path}");
        return Err(RpcError::invalid(text));
    }
    let mut walk = Walk {
        sandbox,
        accounts: accounts.all().await?,
        entries: Vec::new(),
    };
    walk.directory(resolved, path.to_owned(), depth).await?;
    Ok(walk.entries)
}

/// Why a path could not be resolved: the first component that is missing is named.
async fn unresolved(sandbox: &Sandbox, path: &str, error: &EngineError) -> RpcError {
    match error.errno() {
        Some(libc::ENOENT) => {
            let mut missing = path.to_owned();
            for component in paths::ancestry(path) {
                let stat = sandbox.engine.stat(&component, true, &Identity::Root).await;
                if stat.is_err() {
                    missing = component;
                    break;
                }
            }
            let context = format!("path not found: lstat {missing}: ");
            RpcError::engine(Code::NotFound, &context, error)
        }
        Some(libc::ELOOP) => {
            let text = format!("cyclic symlink or chain >255 links at \"{path}\"");
            RpcError::new(Code::FailedPrecondition, text)
        }
        _ => {
            let context = format!("error resolving symlink: lstat {path}: ");
            RpcError::engine(Code::Internal, &context, error)
        }
    }
}

struct Walk<'sandbox> {
    sandbox: &'sandbox Sandbox,
    accounts: &'sandbox [Account],
    entries: Vec<Value>,
}

impl Walk<'_> {
    /// Lists `real`, whose entries are shown under `shown`, and what is below it.
    fn directory(
        &mut self,
        real: String,
        shown: String,
        depth: u32,
    ) -> Pin<Box<dyn Future<Output = Result<(), RpcError>> + Send + '_>> {
        Box::pin(async move {
            let listed = self.sandbox.engine.list(&real, &Identity::Root).await;
            let listed = match listed {
                Ok(listed) => listed,
                // It was removed while we walked.
                Err(error) if error.errno() == Some(libc::ENOENT) => return Ok(()),
                Err(error) => {
                    let context = format!("error reading directory {shown}: ");
                    return Err(RpcError::engine(Code::Internal, &context, &error));
                }
            };
            let kept = self
                .sandbox
                .engine
                .entries_attributes(&real, metadata::PREFIX, &Identity::Root)
                .await
                .unwrap_or_default();
            for stat in listed {
                if self.entries.len() == ENTRIES_MAX {
                    let text = format!("the stand-in lists at most {ENTRIES_MAX} entries");
                    return Err(RpcError::new(Code::ResourceExhausted, text));
                }
                let path = go_path::join(&shown, &stat.name);
                // Both lists are sorted by the entries' names.
                let first = kept.partition_point(|it| it.entry < stat.name);
                let own = kept[first..].iter().take_while(|it| it.entry == stat.name);
                let own = metadata::view(own);
                let (name, accounts) = (&stat.name, self.accounts);
                let item = entry(self.sandbox, &path, name, &stat, accounts, own).await;
                self.entries.push(item);
                if stat.kind == FileKind::Directory && depth > 1 {
                    let real = go_path::join(&real, &stat.name);
                    self.directory(real, path, depth - 1).await?;
                }
            }
            Ok(())
        })
    }
}
