//! What a file server is asked to do.

use serde::{Deserialize, Serialize};

use super::archive::Archived;
use super::frame::{FrameKind, send_json};

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
    /// Attributes of a path, or of every entry of the directory that it is.
    Attributes {
        path: String,
        prefix: String,
        of_entries: bool,
    },
    /// Replaces all attributes of a path whose names begin with the prefix.
    SetAttributes {
        path: String,
        prefix: String,
        attributes: Vec<(String, Vec<u8>)>,
    },
    FileSystem {
        path: String,
    },
    Export(Archived),
    Import(Archived),
}

impl FileOp {
    /// Whether its server can do another operation after it over the same stream: not where the
    /// client may still be sending, nor where the operation is the server's whole life.
    pub(crate) const fn leaves_server(&self) -> bool {
        !matches!(
            self,
            Self::Write { .. } | Self::Watch { .. } | Self::Export(_) | Self::Import(_)
        )
    }

    /// Whether nothing is changed, so that it may be cut off at any moment.
    pub(crate) const fn only_looks(&self) -> bool {
        matches!(
            self,
            Self::Stat { .. }
                | Self::List { .. }
                | Self::Canonicalize { .. }
                | Self::Read { .. }
                | Self::Attributes { .. }
                | Self::FileSystem { .. }
        )
    }

    /// The frame that asks a server for it as its next operation; none when it fits no frame.
    pub(crate) fn frame(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        send_json(&mut bytes, FrameKind::Operation, self).ok()?;
        Some(bytes)
    }

    /// Rewrites every path of the operation. An archive's folder is where it is.
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
            | Self::Watch { path, .. }
            | Self::Attributes { path, .. }
            | Self::SetAttributes { path, .. }
            | Self::FileSystem { path } => *path = map(path),
            Self::Export(_) | Self::Import(_) => {}
            Self::Rename { from, to } => {
                *from = map(from);
                *to = map(to);
            }
        }
        self
    }
}
