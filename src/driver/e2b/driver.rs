//! The driver trait, spoken to E2B.

use std::sync::Arc;

use async_trait::async_trait;
use cutover_base::blob::Blob;
use reqwest::Method;
use serde_json::json;

use super::background::{Processes, pid_of};
use super::config::E2bConfig;
use super::defaults::{COMMAND_TIMEOUT, SANDBOX_TIMEOUT};
use super::envd::Wire;
use super::process::{Capture, Command};
use super::stdin::alongside;
use crate::call::Provider;
use crate::call::sandbox_call::{
    Execute, ListFiles, MoveFile, Provision, RemoveFile, SendStdin, StartBackground, WriteFile,
};
use crate::driver::http::{HttpClients, Retry};
use crate::driver::{
    CallContext, Destroyed, DriverError, DriverFacts, DriverResult, Entry, ExecuteReply, Labels,
    ProcessHandle, SandboxDriver, SandboxHandle, SandboxState, Suspend,
};

/// E2B, in the cloud or in a stand-in.
#[derive(Debug)]
pub struct E2bDriver {
    wire: Arc<Wire>,
    processes: Processes,
}

impl E2bDriver {
    /// A driver for the E2B that the settings name. Nothing is asked of it yet.
    ///
    /// # Errors
    /// When no client for the base URL can be built, e.g. no CA is found for `https`.
    pub fn new(config: E2bConfig, clients: HttpClients) -> DriverResult<Self> {
        Ok(Self {
            wire: Arc::new(Wire::new(config, clients)?),
            processes: Processes::default(),
        })
    }
}

#[async_trait]
impl SandboxDriver for E2bDriver {
    fn provider(&self) -> Provider {
        Provider::E2b
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
        self.processes.forget(&sandbox.id).await;
        self.wire.kill(sandbox, cx).await
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
            Suspend::Pause => self.wire.pause(sandbox, cx).await,
            Suspend::Stop => Err(DriverError::Unsupported(
                "E2B has no stop; it pauses".to_owned(),
            )),
        }
    }

    async fn state(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<SandboxState> {
        let detail = self.wire.detail("state", sandbox)?;
        self.wire.state(&detail, cx).await
    }

    async fn resume(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<()> {
        let wire = &self.wire;
        let connect = ["v2", "sandboxes", &sandbox.id, "connect"];
        let ask = wire
            .control("resume", Method::POST, &connect)?
            .sandbox(&sandbox.id)
            .json(&json!({ "timeout": SANDBOX_TIMEOUT.as_secs() }))
            .retry(Retry::Safe);
        // The id and the token of the handle hold: both are derived from the sandbox's id.
        wire.ask_about(&ask, &[200, 201], cx).await.map(drop)
    }

    async fn execute(
        &self,
        sandbox: &SandboxHandle,
        call: &Execute,
        cx: &CallContext,
    ) -> DriverResult<ExecuteReply> {
        let command = Command {
            cmd: &call.cmd,
            cwd: call.cwd.as_deref(),
            env: &call.env,
            user: call.user.as_deref(),
            stdin: call.stdin.is_some(),
            timeout: call.timeout.unwrap_or(COMMAND_TIMEOUT),
        };
        let (mut stream, pid) = self.wire.start("execute", sandbox, command, cx).await?;
        let mut capture = Capture::new(&cx.blobs);
        let reading = async {
            match capture.read(&mut stream, u64::MAX).await {
                Ok(ended) => Ok(ended),
                Err(error) => Err(self.wire.settle_stream(sandbox, error, cx).await),
            }
        };
        let ended = match &call.stdin {
            None => reading.await?,
            Some(data) => {
                // On the heap: every caller's future would carry both otherwise.
                let feeding = self.wire.feed(sandbox, pid, data, true, cx);
                alongside(Box::pin(reading), Box::pin(feeding)).await?
            }
        };
        capture.finish(&ended)
    }

    async fn start_background(
        &self,
        sandbox: &SandboxHandle,
        call: &StartBackground,
        cx: &CallContext,
    ) -> DriverResult<ProcessHandle> {
        self.processes.start(&self.wire, sandbox, call, cx).await
    }

    async fn send_signal(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        signal: &str,
        cx: &CallContext,
    ) -> DriverResult<()> {
        self.wire
            .signal(sandbox, pid_of(process)?, signal, cx)
            .await
    }

    async fn send_stdin(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        call: &SendStdin,
        cx: &CallContext,
    ) -> DriverResult<()> {
        self.wire
            .feed(sandbox, pid_of(process)?, &call.data, call.close, cx)
            .await
    }

    async fn wait_process(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        _cx: &CallContext,
    ) -> DriverResult<ExecuteReply> {
        self.processes.wait(sandbox, process).await
    }

    fn ended_by_limit(&self, sandbox: &SandboxHandle) -> Vec<String> {
        self.processes.ended_by_limit(&sandbox.id)
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
        // envd knows no other removal than the recursive one.
        self.wire.remove_file(sandbox, &call.path, cx).await
    }
}
