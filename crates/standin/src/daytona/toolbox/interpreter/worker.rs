//! How the process behind a context is started.

use crate::daytona::boot::{Lines, Worker};
use crate::daytona::toolbox::launch;
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, StdinMode};

/// The program: Python's own `exec`, told what to run by one line of JSON each.
const PROGRAM: &str = include_str!("worker.py");

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
}
