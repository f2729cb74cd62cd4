//! A process inside: asked for, awaited until it is its program, and its streams taken.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

use super::child::StepFailed;
use super::link::Started;
use super::sandbox::{InitSandbox, Running, os, os_of, single_id};
use super::wire::{Ids, Request, Spawn, Who};
use crate::engine::streams::{self, HostEnds};
use crate::engine::{EngineError, EngineProcess, OutputMode, SpawnRequest};

/// Bytes of the message why a process did not start.
const STATUS_BYTES_MAX: u64 = 4096;

impl InitSandbox {
    /// Starts a process; returns when it has become its program.
    pub(super) async fn start(&self, request: &SpawnRequest) -> Result<EngineProcess, EngineError> {
        let mut spawn = self.request(request)?;
        let (status, far_status) = io::pipe().map_err(|error| os_of("pipe", &error))?;
        let mut descriptors = vec![OwnedFd::from(far_status)];
        let near = if spawn.terminal.is_some() {
            None
        } else {
            let (near, far) = streams::pipes(request.stdin, request.output)
                .map_err(|error| os_of("pipe", &error))?;
            descriptors.extend([far.stdout, far.stderr]);
            descriptors.extend(far.stdin);
            Some(near)
        };
        let id = spawn.id;
        let started = self
            .link
            .spawn(id, descriptors, || {
                spawn.after = self.idle.empty();
                Request::Spawn(spawn)
            })
            .await?;
        wait_exec(status.into()).await?;
        let Started {
            pid,
            terminal,
            exit,
        } = started;
        let near = match (near, &terminal) {
            (Some(near), _) => near,
            (None, Some(master)) => {
                streams::terminal_ends(master).map_err(|error| os_of("terminal", &error))?
            }
            (None, None) => {
                return Err(EngineError::Internal(
                    "the terminal did not arrive".to_owned(),
                ));
            }
        };
        let HostEnds {
            stdin,
            stdout,
            stderr,
        } = near;
        self.remember(
            pid,
            Running {
                exit: exit.clone(),
                terminal,
            },
        );
        Ok(EngineProcess {
            pid,
            stdin,
            stdout,
            stderr,
            exit,
        })
    }

    fn request(&self, request: &SpawnRequest) -> Result<Spawn, EngineError> {
        let who = self.who(&request.identity)?;
        if who == Who::Root && matches!(self.ids, Ids::Single { .. }) {
            return Err(single_id(0));
        }
        Ok(Spawn {
            id: self.link.next_id(),
            argv: request.argv.clone(),
            env: request.env.clone().into_iter().collect(),
            cwd: request.cwd.clone(),
            who,
            new_group: request.new_group,
            terminal: match request.output {
                OutputMode::Pty { cols, rows } => Some((cols, rows)),
                OutputMode::TwoPipes | OutputMode::OnePipe => None,
            },
            after: Vec::new(),
        })
    }
}

/// Waits until the child has become its program: then the status pipe closes without a word.
async fn wait_exec(status: OwnedFd) -> Result<(), EngineError> {
    let mut message = Vec::new();
    let status = pipe::Receiver::from_owned_fd(status).map_err(|error| os_of("pipe", &error))?;
    status
        .take(STATUS_BYTES_MAX)
        .read_to_end(&mut message)
        .await
        .map_err(|error| os_of("exec", &error))?;
    if message.is_empty() {
        return Ok(());
    }
    let failed: StepFailed = serde_json::from_slice(&message)
        .map_err(|_| EngineError::Internal("init's answer cannot be read".to_owned()))?;
    Err(os(&failed.operation, failed.errno))
}
