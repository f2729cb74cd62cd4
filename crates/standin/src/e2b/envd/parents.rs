//! Making missing directories, owned by the request's user.

use crate::e2b::envd::paths;
use crate::e2b::error::go_text;
use crate::e2b::sandbox::Sandbox;
use crate::engine::{Account, EngineError, FileKind, Identity};

/// Why a directory and its parents could not be made.
#[derive(Debug)]
pub(crate) enum ParentsError {
    /// A component is no directory.
    NotDirectory(String),
    /// The engine could not: what it did, the system call and the component.
    Engine(&'static str, &'static str, String, EngineError),
}

impl ParentsError {
    /// What envd says of it.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::NotDirectory(component) => format!("path is a file: {component}"),
            Self::Engine(doing, system_call, component, error) => {
                let reason = go_text(error);
                format!("failed to {doing} directory: {system_call} {component}: {reason}")
            }
        }
    }
}

/// Makes what is missing of a directory, mode 0755, owned by `user`; what exists is untouched.
pub(crate) async fn ensure(
    sandbox: &Sandbox,
    directory: &str,
    user: &Account,
) -> Result<(), ParentsError> {
    let root = Identity::Root;
    let engine = &sandbox.engine;
    for component in paths::ancestry(directory) {
        match engine.stat(&component, true, &root).await {
            Ok(stat) if stat.kind == FileKind::Directory => continue,
            Ok(_) => return Err(ParentsError::NotDirectory(component)),
            Err(error) if error.errno() == Some(libc::ENOENT) => {}
            Err(error) => return Err(ParentsError::Engine("stat", "stat", component, error)),
        }
        match engine.make_dir(&component, 0o755, &root).await {
            Ok(()) => {}
            // Somebody else made it in between.
            Err(error) if error.errno() == Some(libc::EEXIST) => continue,
            Err(error) => return Err(ParentsError::Engine("create", "mkdir", component, error)),
        }
        let (uid, gid) = (Some(user.uid), Some(user.gid));
        if let Err(error) = engine.set_owner(&component, uid, gid, &root).await {
            return Err(ParentsError::Engine("chown", "chown", component, error));
        }
    }
    Ok(())
}
