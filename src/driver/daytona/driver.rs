//! The driver trait, spoken to Daytona.

use std::time::Duration;

use async_trait::async_trait;
use cutover_base::blob::Blob;
use reqwest::Method;
use tokio::time::Instant;

use super::classes::of_sandbox;
use super::config::DaytonaConfig;
use super::wire::{Seen, Wire};
use crate::call::sandbox_call::{
    Execute, ListFiles, MoveFile, Provision, RemoveFile, SendStdin, StartBackground, WriteFile,
};
use crate::call::{Failure, FailureClass, Provider};
use crate::driver::http::HttpClients;
use crate::driver::{
    CallContext, Destroyed, DriverError, DriverFacts, DriverResult, Entry, ExecuteReply, Labels,
    ProcessHandle, SandboxDriver, SandboxHandle, SandboxState, Suspend,
};

/// Time for a start, which the provider holds for up to 30 s; the SDKs' default.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Daytona, in the cloud or in a stand-in.
#[derive(Debug)]
pub struct DaytonaDriver {
    wire: Wire,
}

impl DaytonaDriver {
    /// A driver for the Daytona that the settings name. Nothing is asked of it yet.
    ///
    /// # Errors
    /// When no client for the base URL can be built, e.g. no CA is found for `https`.
    pub fn new(config: DaytonaConfig, clients: HttpClients) -> DriverResult<Self> {
        Ok(Self {
            wire: Wire::new(config, clients)?,
        })
    }
}

#[async_trait]
impl SandboxDriver for DaytonaDriver {
    fn provider(&self) -> Provider {
        Provider::Daytona
    }

    fn facts(&self) -> DriverFacts {
        self.wire.facts()
    }

    async fn create(
        &self,
        call: &Provision,
        labels: &Labels,
        cx: &CallContext,
    ) -> DriverResult<SandboxHandle> {
        self.wire.create(call, labels, cx).await
    }

    async fn destroy(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<Destroyed> {
        self.wire.destroy(sandbox, cx).await
    }

    async fn list(&self, labels: &Labels, cx: &CallContext) -> DriverResult<Vec<String>> {
        self.wire.list(labels, cx).await
    }

    async fn suspend(
        &self,
        sandbox: &SandboxHandle,
        how: Suspend,
        cx: &CallContext,
    ) -> DriverResult<()> {
        match how {
            Suspend::Stop => self.wire.stop(sandbox, cx).await,
            Suspend::Pause => Err(DriverError::Unsupported(
                "Daytona pauses virtual machines only; it stops".to_owned(),
            )),
        }
    }

    async fn state(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<SandboxState> {
        let dto = match self.wire.seen(&sandbox.id, cx).await? {
            Seen::There(dto) => dto,
            Seen::Gone(_) => return Ok(SandboxState::Gone),
        };
        match dto.state() {
            "started" | "creating" | "starting" | "restoring" | "resuming" | "snapshotting"
            | "forking" => Ok(SandboxState::Running),
            "paused" | "pausing" => Ok(SandboxState::Paused),
            "stopped" | "stopping" => Ok(SandboxState::Stopped),
            "archived" | "archiving" => Ok(SandboxState::Archived),
            "error" | "build_failed" => Ok(SandboxState::Error),
            _ => Err(Failure::new(FailureClass::Internal, dto.words()).into()),
        }
    }

    async fn resume(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<()> {
        let deadline = Instant::now() + self.wire.http.within(START_TIMEOUT);
        let start = ["sandbox", &sandbox.id, "start"];
        let ask = self
            .wire
            .control("resume", Method::POST, &start)?
            .sandbox(&sandbox.id)
            .limits(Some(START_TIMEOUT), START_TIMEOUT);
        let started = self.wire.sandbox(&ask, cx).await;
        let refused = match started.map_err(|error| error.explained(of_sandbox)) {
            Ok(dto) => return self.wire.started(dto.into(), deadline, cx).await.map(drop),
            Err(DriverError::Failed(failure)) => failure,
            Err(error) => return Err(error),
        };
        // One that is being deleted is refused as being in a change of state.
        match self.wire.seen(&sandbox.id, cx).await {
            Ok(Seen::Gone(_)) => {
                Err(Failure::new(FailureClass::SandboxGone, refused.message).into())
            }
            _ => Err(refused.into()),
        }
    }

    async fn execute(
        &self,
        sandbox: &SandboxHandle,
        call: &Execute,
        cx: &CallContext,
    ) -> DriverResult<ExecuteReply> {
        self.wire.execute(sandbox, call, cx).await
    }

    async fn start_background(
        &self,
        sandbox: &SandboxHandle,
        call: &StartBackground,
        cx: &CallContext,
    ) -> DriverResult<ProcessHandle> {
        self.wire.start_background(sandbox, call, cx).await
    }

    async fn send_signal(
        &self,
        _sandbox: &SandboxHandle,
        _process: &ProcessHandle,
        signal: &str,
        _cx: &CallContext,
    ) -> DriverResult<()> {
        // Deleting the session would end the command, but its exit and output would go with it.
        Err(DriverError::Unsupported(format!(
            "Daytona cannot signal a session's command (asked for {signal})"
        )))
    }

    async fn send_stdin(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        call: &SendStdin,
        cx: &CallContext,
    ) -> DriverResult<()> {
        self.wire.send_stdin(sandbox, process, call, cx).await
    }

    async fn wait_process(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        cx: &CallContext,
    ) -> DriverResult<ExecuteReply> {
        self.wire.wait_process(sandbox, process, cx).await
    }

    async fn home(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<String> {
        self.wire.home(sandbox, cx).await
    }

    async fn read_file(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<Blob> {
        self.wire.read_file(sandbox, path, cx).await
    }

    async fn write_file(
        &self,
        sandbox: &SandboxHandle,
        call: &WriteFile,
        cx: &CallContext,
    ) -> DriverResult<()> {
        self.wire
            .write_file(sandbox, &call.path, &call.data, cx)
            .await
    }

    async fn list_files(
        &self,
        sandbox: &SandboxHandle,
        call: &ListFiles,
        cx: &CallContext,
    ) -> DriverResult<Vec<Entry>> {
        self.wire
            .list_files(sandbox, &call.path, call.depth, cx)
            .await
    }

    async fn stat_file(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<Entry> {
        self.wire.stat_file(sandbox, path, cx).await
    }

    async fn move_file(
        &self,
        sandbox: &SandboxHandle,
        call: &MoveFile,
        cx: &CallContext,
    ) -> DriverResult<()> {
        self.wire.move_file(sandbox, &call.from, &call.to, cx).await
    }

    async fn make_dir(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<()> {
        self.wire.make_dir(sandbox, path, cx).await
    }

    async fn remove_file(
        &self,
        sandbox: &SandboxHandle,
        call: &RemoveFile,
        cx: &CallContext,
    ) -> DriverResult<()> {
        self.wire
            .remove_file(sandbox, &call.path, call.recursive, cx)
            .await
    }
}
