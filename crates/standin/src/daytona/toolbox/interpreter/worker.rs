//! The process behind a context.

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;

use crate::daytona::toolbox::interpreter::line::Lines;
use crate::daytona::toolbox::launch;
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, ExitStatus, StdinMode};

/// The program: Python's own `exec`, told what to run by one line of JSON each.
const PROGRAM: &str = include_str!("worker.py");

/// A running interpreter.
pub(super) struct Worker {
    pub(super) pid: u32,
    pub(super) lines: Lines,
    pub(super) exit: watch::Receiver<Option<ExitStatus>>,
    stdin: Box<dyn AsyncWrite + Send + Unpin>,
}

impl Worker {
    /// Starts an interpreter in a folder.
    pub(super) async fn start(machine: &Machine, cwd: &str) -> Result<Self, EngineError> {
        let argv = ["python3", "-u", "-c", PROGRAM].map(str::to_owned).to_vec();
        let cwd = machine.resolve(cwd);
        let process = launch::spawn(machine, argv, machine.env(), cwd, StdinMode::Pipe).await?;
        let stdin = process.stdin.ok_or(EngineError::Gone)?;
        Ok(Self {
            pid: process.pid,
            lines: Lines::new(process.stdout),
            exit: process.exit,
            stdin,
        })
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&self) -> bool {
        self.exit.borrow().is_none() && self.exit.has_changed().is_ok()
    }

    /// Gives it an order.
    pub(super) async fn order(&mut self, order: &serde_json::Value) -> std::io::Result<()> {
        let line = format!("{order}\n");
        self.stdin.write_all(line.as_bytes()).await?;
        self.stdin.flush().await
    }
}
