//! What host and init say to each other: JSON in packets, descriptors beside it.

use serde::{Deserialize, Serialize};

use super::ask::Question;
use crate::engine::files::FileOp;

/// The first packet to the helper: what to make.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::engine) struct Setup {
    pub(in crate::engine) hostname: String,
    pub(in crate::engine) files_bytes_max: u64,
    pub(in crate::engine) processes_max: u32,
    pub(in crate::engine) open_files_max: u32,
    pub(in crate::engine) memory_bytes_max: u64,
    pub(in crate::engine) network: bool,
    pub(in crate::engine) ids: Ids,
    /// Whether a container gets the account `user` when its image has none.
    pub(in crate::engine) make_user: bool,
}

/// Which ids exist inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) enum Ids {
    /// 0..65535 are ids of their own, from `base` up on the host.
    Range { base: u32 },
    /// Only `user` (1000) exists; it is the host's user who runs cutover.
    Single { uid: u32, gid: u32 },
    /// Those of a container: somebody else has made the namespaces, the root and the limits.
    Container,
}

/// The rights of a process or file operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Who {
    Root,
    User {
        uid: u32,
        gid: u32,
        groups: Vec<u32>,
    },
}

/// From host to init.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Descriptors: status pipe, then (not for a terminal) output, error, and input if piped.
    Spawn(Spawn),
    /// Descriptor: the stream over which the file server answers. With a number it goes on with
    /// what it is asked over the stream, and can be named by it.
    File {
        op: FileOp,
        who: Who,
        kept: Option<u64>,
    },
    /// Signals a process, or with `group` the group it leads.
    Signal {
        id: u64,
        pid: i32,
        group: bool,
        signal: i32,
    },
    /// Signals everything inside but init and its servers.
    SignalAll { id: u64, signal: i32 },
    /// Halts everything inside but init and its servers, or lets it go on.
    Freeze { id: u64, frozen: bool },
    /// Descriptor: the packet socket over which a child of init answers.
    Ask { question: Question },
}

/// A process to start.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spawn {
    pub(super) id: u64,
    pub(super) argv: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) cwd: String,
    pub(super) who: Who,
    pub(super) new_group: bool,
    /// Columns and rows of the terminal, if it has one.
    pub(super) terminal: Option<(u16, u16)>,
    /// File servers that end before it starts: they wait for nothing but an operation.
    pub(super) after: Vec<u64>,
}

/// From the helper to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// Descriptor: a handle on init, where it is the host that ends it.
    Init,
    /// The sandbox stands.
    Ready,
    /// It could not be made.
    SetupFailed { step: String, errno: i32 },
    /// Answer to a spawn; with a terminal its master comes along.
    Started { id: u64, pid: u32 },
    /// The fork or terminal failed.
    NotStarted {
        id: u64,
        operation: String,
        errno: i32,
    },
    /// Answer to a signal or freeze: errno or 0, and of a whole sandbox how many it has reached
    /// and how many of those are not halted.
    Signalled {
        id: u64,
        errno: i32,
        reached: u32,
        running: u32,
    },
    /// A started process ended by itself.
    Exited { pid: u32, code: i32 },
    /// A started process was killed.
    Killed { pid: u32, signal: i32, core: bool },
}
