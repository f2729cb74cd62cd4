//! A process of the host, started for a sandbox.

use std::fs;
use std::io;
use std::process::Stdio;

use tokio::process::Command;
use tokio::sync::watch;

use super::running::exit_status;
use super::sandbox::{ProcessSandbox, os, os_of};
use crate::engine::streams::{self, HostEnds, ProcessEnds};
use crate::engine::sys::{self, Leads};
use crate::engine::{EngineError, EngineProcess, OutputMode, SpawnRequest};

impl ProcessSandbox {
    /// Starts a process; its end is waited for by a task of the sandbox.
    pub(super) fn start(&self, request: &SpawnRequest) -> Result<EngineProcess, EngineError> {
        if self.tasks.is_closed() {
            return Err(EngineError::Gone);
        }
        let mut command = self.command(request)?;
        let (near, far, terminal) = open_streams(request).map_err(|e| os_of("pipe", &e))?;
        let leads = if terminal.is_some() {
            Leads::Terminal
        } else {
            Leads::Group
        };
        sys::prepare_child(command.as_std_mut(), leads);
        command
            .stdin(far.stdin.map_or_else(Stdio::null, Stdio::from))
            .stdout(far.stdout)
            .stderr(far.stderr);
        let mut child = command.spawn().map_err(|error| os_of("exec", &error))?;
        // The command holds copies of the process's ends; end of file needs them closed.
        drop(command);
        let pid = child.id().ok_or(EngineError::Gone)?;
        self.running.started(pid, terminal);
        let (sender, exit) = watch::channel(None);
        let running = self.running.clone();
        self.tasks.spawn(async move {
            let status = child.wait().await;
            running.ended(pid);
            if let Ok(status) = status {
                sender.send_replace(Some(exit_status(status)));
            }
        });
        Ok(EngineProcess {
            pid,
            stdin: near.stdin,
            stdout: near.stdout,
            stderr: near.stderr,
            exit,
        })
    }

    fn command(&self, request: &SpawnRequest) -> Result<Command, EngineError> {
        let (program, arguments) = request
            .argv
            .split_first()
            .ok_or_else(|| os("exec", libc::ENOENT))?;
        let cwd = self.paths.to_host(&request.cwd);
        // The standard library does not say which step failed, so the usual one is tried first.
        let facts = fs::metadata(&cwd).map_err(|error| os_of("chdir", &error))?;
        if !facts.is_dir() {
            return Err(os("chdir", libc::ENOTDIR));
        }
        let mut command = Command::new(program);
        command.args(arguments).current_dir(cwd).env_clear();
        for (name, value) in &request.env {
            if matches!(name.as_str(), "HOME" | "TMPDIR") {
                command.env(name, self.paths.to_host(value));
            } else {
                command.env(name, value);
            }
        }
        command.kill_on_drop(false);
        Ok(command)
    }
}

fn open_streams(
    request: &SpawnRequest,
) -> io::Result<(HostEnds, ProcessEnds, Option<std::os::fd::OwnedFd>)> {
    match request.output {
        OutputMode::Pty { cols, rows } => {
            let (master, far) = streams::open_terminal(cols, rows)?;
            Ok((streams::terminal_ends(&master)?, far, Some(master)))
        }
        output => {
            let (near, far) = streams::pipes(request.stdin, output)?;
            Ok((near, far, None))
        }
    }
}
