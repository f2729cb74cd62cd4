//! A call to a sandbox, ready to be made: every reference in it is replaced.
//!
//! Drivers take these types as they are. What a call leaves out (`None`) is left to the provider.

use std::time::Duration;

use bytes::Bytes;
use indexmap::IndexMap;

/// Environment variables, in the order they were written.
pub type Env = IndexMap<String, String>;

/// A call to one sandbox.
#[derive(Debug, Clone, PartialEq)]
pub struct SandboxCall {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// What is asked of it.
    pub request: SandboxRequest,
    /// Whose a new sandbox is: said to the platform alone, as no provider knows of it.
    pub owner: Owner,
}

/// Whose a sandbox is, as the platform is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Owner {
    /// The session that it belongs to.
    pub session: SessionId,
    /// The project that it belongs to.
    pub project: Option<String>,
}

/// Which session a call names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SessionId {
    /// Nothing is said: the current session of the case.
    #[default]
    Current,
    /// None, where the surface can leave it out.
    LeftOut,
    /// This one, whether or not it exists.
    Given(String),
}

/// What can be asked of a sandbox.
#[derive(Debug, Clone, PartialEq)]
pub enum SandboxRequest {
    /// Make it.
    Provision(Provision),
    /// Run a command to its end.
    Execute(Execute),
    /// Read a whole file.
    ReadFile(FilePath),
    /// Write a whole file, making parents as the provider does.
    WriteFile(WriteFile),
    /// List a directory.
    ListFiles(ListFiles),
    /// Facts about one path.
    StatFile(FilePath),
    /// Rename a file or directory.
    MoveFile(MoveFile),
    /// Make a directory, with its parents as the provider does.
    MakeDir(FilePath),
    /// Remove a file or directory.
    RemoveFile(RemoveFile),
    /// Start a command and go on.
    StartBackground(StartBackground),
    /// Signal a background process.
    SendSignal(SendSignal),
    /// Write to the standard input of a background process.
    SendStdin(SendStdin),
    /// Wait until a background process ends and tell how.
    WaitProcess(WaitProcess),
    /// Destroy it.
    Terminate,
    /// Tell what state it is in.
    State,
    /// Go on after a pause or a stop.
    Resume,
}

/// Arguments of `provision`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provision {
    /// Environment of the whole sandbox.
    pub env: Env,
    /// How long it may live (E2B: timeout in seconds; Daytona: auto-stop in minutes, rounded up).
    pub timeout: Option<Duration>,
    /// What becomes of it then.
    pub at_expiry: Option<AtExpiry>,
}

/// What becomes of a sandbox whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtExpiry {
    /// It is gone, its files with it (E2B's own way; on Daytona an ephemeral sandbox).
    Kill,
    /// It is paused, and goes on where it was when it is resumed (E2B).
    Pause,
    /// It is stopped; its files are kept (Daytona's own way).
    Stop,
}

/// Arguments of `execute`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Execute {
    /// Shell text, verbatim.
    pub cmd: String,
    /// Working directory.
    pub cwd: Option<String>,
    /// Environment of this call.
    pub env: Env,
    /// User to run as; Daytona has no such thing.
    pub user: Option<String>,
    /// The provider's time limit, in the provider's own unit on the wire; zero is none.
    pub timeout: Option<Duration>,
    /// Bytes for standard input, then end of file; Daytona has no such thing.
    pub stdin: Option<Bytes>,
}

/// Arguments of the verbs that name one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePath {
    /// The path, verbatim.
    pub path: String,
}

/// Arguments of `write_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteFile {
    /// The path, verbatim.
    pub path: String,
    /// What to write.
    pub data: Bytes,
}

/// Arguments of `list_files`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFiles {
    /// The path, verbatim.
    pub path: String,
    /// Levels to list; one when not said.
    pub depth: Option<u32>,
}

/// Arguments of `move_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveFile {
    /// The path now.
    pub from: String,
    /// The path afterwards.
    pub to: String,
}

/// Arguments of `remove_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveFile {
    /// The path, verbatim.
    pub path: String,
    /// Whether a directory may be removed with what is in it.
    pub recursive: bool,
}

/// Arguments of `start_background`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StartBackground {
    /// The scenario's name for the process.
    pub process: String,
    /// Shell text, verbatim.
    pub cmd: String,
    /// Working directory.
    pub cwd: Option<String>,
    /// Environment of this call.
    pub env: Env,
    /// The provider's time limit; zero is none, and Daytona has no other.
    pub timeout: Option<Duration>,
}

/// Arguments of `send_signal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendSignal {
    /// The scenario's name for the process.
    pub process: String,
    /// Name without `SIG`: `TERM`, `KILL`, ...
    pub signal: String,
}

/// Arguments of `send_stdin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendStdin {
    /// The scenario's name for the process.
    pub process: String,
    /// What to write.
    pub data: Bytes,
    /// Whether to close standard input afterwards.
    pub close: bool,
}

/// Arguments of `wait: {process}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitProcess {
    /// The scenario's name for the process.
    pub process: String,
}
