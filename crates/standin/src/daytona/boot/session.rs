//! Sessions: one long-lived shell each, and the commands that it was given.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use tokio::io::AsyncWrite;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::engine::ExitStatus;

/// A session's standard input.
type Stdin = Box<dyn AsyncWrite + Send + Unpin>;

/// A session.
pub(in crate::daytona) struct Session {
    pub(in crate::daytona) id: String,
    /// Where its commands, logs and exit codes lie, inside the sandbox.
    pub(in crate::daytona) dir: String,
    /// The same, below the home folder.
    pub(in crate::daytona) below_home: String,
    pub(in crate::daytona) pid: u32,
    pub(in crate::daytona) stdin: tokio::sync::Mutex<Option<Stdin>>,
    pub(in crate::daytona) commands: Mutex<IndexMap<String, Command>>,
    pub(in crate::daytona) exit: watch::Receiver<Option<ExitStatus>>,
    /// Ends with the session.
    pub(in crate::daytona) cancelled: CancellationToken,
}

/// A command of a session.
#[derive(Debug, Clone)]
pub(in crate::daytona) struct Command {
    pub(in crate::daytona) text: String,
    pub(in crate::daytona) suppress_echo: bool,
    pub(in crate::daytona) exit_code: Option<i32>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Its commands. Never held over an await.
    pub(in crate::daytona) fn commands(&self) -> MutexGuard<'_, IndexMap<String, Command>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder of one command.
    pub(in crate::daytona) fn dir_of(&self, command: &str) -> String {
        format!("{}/{command}", self.dir)
    }

    /// The log of one command, with its markers.
    pub(in crate::daytona) fn log_of(&self, command: &str) -> String {
        format!("{}/output.log", self.dir_of(command))
    }
}
