//! A call at surface provider with every template resolved, ready for a driver.

use std::time::Duration;

use bytes::Bytes;
use indexmap::IndexMap;

/// Environment variables, in the order they were written.
pub type Env = IndexMap<String, String>;

/// What is asked of a sandbox. `sandbox` is the scenario's name for it.
#[derive(Debug, Clone, PartialEq)]
pub enum ProviderCall {
    /// Make a sandbox and give it a name.
    Provision(Provision),
    /// Run a command to its end.
    Execute(Execute),
    /// Read a whole file.
    ReadFile(PathCall),
    /// Write a whole file, making parents as the provider does.
    WriteFile(WriteFile),
    /// List a directory.
    ListFiles(ListFiles),
    /// Facts about one path.
    StatFile(PathCall),
    /// Rename a file or directory.
    MoveFile(MoveFile),
    /// Make a directory.
    MakeDir(PathCall),
    /// Remove a file or directory.
    RemoveFile(RemoveFile),
    /// Start a command and go on.
    StartBackground(StartBackground),
    /// Signal a background process.
    SendSignal(SendSignal),
    /// Write to the standard input of a background process.
    SendStdin(SendStdin),
    /// Wait until a background process ends and tell how.
    WaitProcess(ProcessCall),
    /// Destroy the sandbox.
    Terminate(SandboxCall),
}

/// Arguments of `provision`.
#[derive(Debug, Clone, PartialEq)]
pub struct Provision {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// Environment of the whole sandbox.
    pub env: Env,
    /// Lifetime; the provider's own form of it (E2B: timeout, Daytona: auto-stop).
    pub timeout: Option<Duration>,
}

/// Arguments of `execute`.
#[derive(Debug, Clone, PartialEq)]
pub struct Execute {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// Shell text, verbatim.
    pub cmd: String,
    /// Working directory, if asked for.
    pub cwd: Option<String>,
    /// Environment of this call.
    pub env: Env,
    /// User to run as; Daytona has no such thing.
    pub user: Option<String>,
    /// The provider's time limit.
    pub timeout: Duration,
    /// Bytes for standard input, then end of file; Daytona has no such thing.
    pub stdin: Option<Bytes>,
}

/// A call that names a sandbox only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxCall {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
}

/// A call that names a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathCall {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// The path, verbatim.
    pub path: String,
}

/// Arguments of `write_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteFile {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// The path, verbatim.
    pub path: String,
    /// What to write.
    pub data: Bytes,
}

/// Arguments of `list_files`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFiles {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// The path, verbatim.
    pub path: String,
    /// Levels to list; one when not said.
    pub depth: Option<u32>,
}

/// Arguments of `move_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveFile {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// The path now.
    pub from: String,
    /// The path afterwards.
    pub to: String,
}

/// Arguments of `remove_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveFile {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// The path, verbatim.
    pub path: String,
    /// Whether a directory may be removed with what is in it.
    pub recursive: bool,
}

/// Arguments of `start_background`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartBackground {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// The scenario's name for the process.
    pub process: String,
    /// Shell text, verbatim.
    pub cmd: String,
    /// Working directory, if asked for.
    pub cwd: Option<String>,
    /// Environment of this call.
    pub env: Env,
}

/// A call that names a background process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessCall {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// The scenario's name for the process.
    pub process: String,
}

/// Arguments of `send_signal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendSignal {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// The scenario's name for the process.
    pub process: String,
    /// Name without `SIG`: `TERM`, `KILL`, ...
    pub signal: String,
}

/// Arguments of `send_stdin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendStdin {
    /// The scenario's name for the sandbox.
    pub sandbox: String,
    /// The scenario's name for the process.
    pub process: String,
    /// What to write.
    pub data: Bytes,
    /// Whether to close standard input afterwards.
    pub close: bool,
}

impl ProviderCall {
    /// The scenario's name of the sandbox that the call is for.
    pub fn sandbox(&self) -> &str {
        match self {
            Self::Provision(call) => &call.sandbox,
            Self::Execute(call) => &call.sandbox,
            Self::ReadFile(call) | Self::StatFile(call) | Self::MakeDir(call) => &call.sandbox,
            Self::WriteFile(call) => &call.sandbox,
            Self::ListFiles(call) => &call.sandbox,
            Self::MoveFile(call) => &call.sandbox,
            Self::RemoveFile(call) => &call.sandbox,
            Self::StartBackground(call) => &call.sandbox,
            Self::SendSignal(call) => &call.sandbox,
            Self::SendStdin(call) => &call.sandbox,
            Self::WaitProcess(call) => &call.sandbox,
            Self::Terminate(call) => &call.sandbox,
        }
    }
}
