//! What a file server is asked to do.

use serde::{Deserialize, Serialize};

/// One operation on files; paths are those of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FileOp {
    Stat {
        path: String,
        follow: bool,
    },
    List {
        path: String,
    },
    Canonicalize {
        path: String,
    },
    Read {
        path: String,
    },
    Write {
        path: String,
    },
    MakeDir {
        path: String,
        mode: u32,
    },
    Rename {
        from: String,
        to: String,
    },
    Remove {
        path: String,
        recursive: bool,
    },
    SetMode {
        path: String,
        mode: u32,
    },
    SetOwner {
        path: String,
        uid: Option<u32>,
        gid: Option<u32>,
    },
    Watch {
        path: String,
        recursive: bool,
    },
}

impl FileOp {
    /// Rewrites every path of the operation.
    pub(crate) fn map_paths(mut self, map: impl Fn(&str) -> String) -> Self {
        match &mut self {
            Self::Stat { path, .. }
            | Self::List { path }
            | Self::Canonicalize { path }
            | Self::Read { path }
            | Self::Write { path }
            | Self::MakeDir { path, .. }
            | Self::Remove { path, .. }
            | Self::SetMode { path, .. }
            | Self::SetOwner { path, .. }
            | Self::Watch { path, .. } => *path = map(path),
            Self::Rename { from, to } => {
                *from = map(from);
                *to = map(to);
            }
        }
        self
    }
}
