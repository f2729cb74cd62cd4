//! What engines are asked and what they answer, as data.

use std::collections::BTreeMap;
use std::fmt;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

/// What a sandbox is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name shown in reports: `litellm`.
    pub name: String,
    /// Host name inside.
    pub hostname: String,
    /// Bytes of files it may hold.
    pub files_bytes_max: u64,
    /// Processes it may have.
    pub processes_max: u32,
    /// Open files of one process.
    pub open_files_max: u32,
    /// Memory, where it can be limited.
    pub memory_bytes_max: u64,
    /// Whether the host's network is reachable: the operator's choice, never the request's.
    pub network: bool,
    /// Whether it has a network of its own that leads outside, where the engine has such a thing:
    /// what the steps of an image's build have.
    pub outbound: bool,
    /// What it is made of, where the engine has images; `None` is the engine's own choice.
    pub image: Option<String>,
    /// Whether the account `user` is made where an image has none.
    pub make_user: bool,
}

/// Memory of the built-in image's sandbox, as its template asks for it.
pub const MEMORY_BYTES_DEFAULT: u64 = 4 << 30;

impl Profile {
    /// The built-in image: user `user` (1000), home and work dir `/home/user`.
    pub fn litellm(hostname: impl Into<String>) -> Self {
        Self {
            name: "litellm".to_owned(),
            hostname: hostname.into(),
            files_bytes_max: 1 << 30,
            processes_max: 512,
            open_files_max: 1024,
            memory_bytes_max: MEMORY_BYTES_DEFAULT,
            network: false,
            outbound: false,
            image: None,
            make_user: true,
        }
    }
}

/// What an image says of the sandboxes that are made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFacts {
    /// Its name.
    pub name: String,
    /// Its ENV.
    pub env: BTreeMap<String, String>,
    /// Its USER, as written.
    pub user: Option<String>,
    /// Its WORKDIR.
    pub work_dir: Option<String>,
    /// Its ENTRYPOINT.
    pub entrypoint: Option<Vec<String>>,
}

/// Who pulls an image.
#[derive(Clone, PartialEq, Eq)]
pub struct ImageLogin {
    /// The registry's user.
    pub user: String,
    /// The password, which no text ever shows.
    pub password: String,
}

impl fmt::Debug for ImageLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageLogin").finish_non_exhaustive()
    }
}

/// Whose rights an operation has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// The sandbox's own root: reads and writes everything inside.
    Root,
    /// An account of the sandbox, with its supplementary groups.
    User {
        /// User id inside.
        uid: u32,
        /// Primary group id inside.
        gid: u32,
        /// Supplementary group ids inside.
        groups: Vec<u32>,
    },
}

/// An account of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Name of the primary group, if it has one.
    pub group: Option<String>,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Home directory.
    pub home: String,
    /// Login shell.
    pub shell: String,
}

impl Account {
    /// The rights of what runs as this account.
    pub fn identity(&self) -> Identity {
        Identity::User {
            uid: self.uid,
            gid: self.gid,
            groups: self.groups.clone(),
        }
    }
}

/// A process to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpawnRequest {
    /// Program (absolute, or searched in the `PATH` of `env`) and its arguments.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// Working directory; must exist.
    pub cwd: String,
    /// Whose rights it has.
    pub identity: Identity,
    /// Standard input.
    pub stdin: StdinMode,
    /// Standard output and error.
    pub output: OutputMode,
    /// Whether it leads a process group of its own (a pty always leads a session).
    pub new_group: bool,
}

/// Standard input of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StdinMode {
    /// `/dev/null`.
    Closed,
    /// A pipe, open until the writer is dropped.
    Pipe,
}

/// Standard output and error of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputMode {
    /// Two pipes.
    TwoPipes,
    /// One pipe for both: exact order of arrival.
    OnePipe,
    /// A terminal of this size.
    Pty {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
}

/// A started process. Dropping it does not end the process.
pub struct EngineProcess {
    /// Its pid inside the sandbox.
    pub pid: u32,
    /// Standard input, or the terminal; dropping it closes the pipe.
    pub stdin: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    /// Standard output (both streams with one pipe, everything with a terminal). End of file
    /// comes when the last holder of the pipe has closed it.
    pub stdout: Box<dyn AsyncRead + Send + Unpin>,
    /// Standard error, with two pipes.
    pub stderr: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// `None` while the leader runs, then how it ended. If the sandbox is destroyed the sender
    /// is dropped or says [`ExitStatus::Signal`] 9.
    pub exit: watch::Receiver<Option<ExitStatus>>,
}

impl fmt::Debug for EngineProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineProcess")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// It exited with this code.
    Code(i32),
    /// A signal ended it.
    Signal {
        /// The signal's number.
        signal: i32,
        /// Whether a core was dumped.
        core: bool,
    },
}

/// Who gets a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalTarget {
    /// One process.
    Process(u32),
    /// The group that this process leads.
    Group(u32),
}

/// What kind of thing a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device, socket or pipe.
    Other,
}

/// Facts about a path. Names are those of the accounts inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStat {
    /// Base name, lossy if it is not UTF-8.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Size in bytes.
    pub size: u64,
    /// Mode bits with set-id and sticky bits (`0o7777`).
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Modification time: seconds and nanoseconds since the epoch.
    pub mtime: (i64, u32),
    /// Where a link points, as written in it.
    pub link_target: Option<String>,
}

/// An extended attribute of a file (`xattr(7)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The entry of the asked directory that has it; empty when the path itself was asked.
    pub entry: String,
    /// Its name with the namespace: `user.e2b.author`.
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
}

/// The file system that a path is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSystem {
    /// The kernel's number of its type: `statfs(2)`.
    pub kind: i64,
    /// Bytes it holds when it is full.
    pub bytes_max: u64,
    /// Bytes that are free.
    pub bytes_free: u64,
}

/// An open file.
pub struct FileReader {
    /// Facts at the time it was opened.
    pub stat: FileStat,
    /// Its bytes.
    pub bytes: Box<dyn AsyncRead + Send + Unpin>,
}

impl fmt::Debug for FileReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReader")
            .field("stat", &self.stat)
            .finish_non_exhaustive()
    }
}

/// What a sandbox uses of what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Processor time of all processes that live inside now, in microseconds.
    pub cpu_us: u64,
    /// Resident memory of all processes inside, in bytes.
    pub memory_bytes: u64,
    /// Memory the sandbox may use, where it is limited; else the host's, in bytes.
    pub memory_bytes_max: u64,
    /// Bytes of its files.
    pub disk_bytes: u64,
    /// Bytes its files may have.
    pub disk_bytes_max: u64,
    /// Processes that live inside, init not counted.
    pub processes: u32,
}

/// Something that happened in a watched directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchEvent {
    /// Path relative to the watched directory.
    pub name: String,
    /// What happened.
    pub kind: WatchKind,
}

/// What happened to a watched path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum WatchKind {
    Create,
    Write,
    Remove,
    Rename,
    Chmod,
}

/// What became of something whose owner is dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// What it is, with its name or id.
    pub what: String,
    /// Why it could not be removed; none when it was.
    pub kept: Option<String>,
}

/// Why an engine did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// An operation inside the sandbox failed as the operating system says.
    #[error("{operation}: {}", std::io::Error::from_raw_os_error(*errno))]
    Os {
        /// The step that failed: `chdir`, `exec`, `open`, ...
        operation: String,
        /// The errno.
        errno: i32,
    },
    /// The sandbox is gone.
    #[error("the sandbox is gone")]
    Gone,
    /// The engine cannot be used here: cause and cure.
    #[error("{cause}\n  cure: {cure}")]
    Refused {
        /// What was refused, by whom.
        cause: String,
        /// What to do about it.
        cure: String,
    },
    /// The machine refused the engine itself something: it says nothing of the sandbox.
    #[error("engine: {what}: {}", std::io::Error::from_raw_os_error(*errno))]
    Host {
        /// What the engine did.
        what: String,
        /// The errno.
        errno: i32,
    },
    /// The engine itself failed.
    #[error("engine: {0}")]
    Internal(String),
}

impl EngineError {
    /// That the engine itself could not do `what`.
    pub fn internal(what: &str, error: &std::io::Error) -> Self {
        match error.raw_os_error() {
            Some(errno) => Self::Host {
                what: what.to_owned(),
                errno,
            },
            None => Self::Internal(format!("{what}: {error}")),
        }
    }

    /// The errno that an operation inside the sandbox met, if it met one.
    pub const fn errno(&self) -> Option<i32> {
        match self {
            Self::Os { errno, .. } => Some(*errno),
            _ => None,
        }
    }
}
