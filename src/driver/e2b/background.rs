//! Background processes: the driver holds their `Start` streams open, since output that nobody
//! reads is lost (e2b-wire section 3.2).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::envd::Wire;
use super::process::{Capture, Command};
use crate::call::sandbox_call::StartBackground;
use crate::call::{Failure, FailureClass};
use crate::driver::{
    CallContext, DriverError, DriverResult, ExecuteReply, ProcessHandle, SandboxHandle,
};

/// Bytes of output kept of one background process. It is on disk beyond the first 64 KiB, but a
/// process that nobody waits for may write for as long as its sandbox lives.
const OUTPUT_BYTES_MAX: u64 = 256 * 1024 * 1024;

type Ending = Option<DriverResult<ExecuteReply>>;

/// The background processes that one driver started. Dropping it ends the reading of all.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    inner: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    readers: JoinSet<()>,
    known: HashMap<(String, String), Process>,
}

#[derive(Debug)]
struct Process {
    ending: watch::Receiver<Ending>,
    reader: AbortHandle,
}

impl Processes {
    /// Starts a process and reads it from now on.
    pub(crate) async fn start(
        &self,
        wire: &Arc<Wire>,
        sandbox: &SandboxHandle,
        call: &StartBackground,
        cx: &CallContext,
    ) -> DriverResult<ProcessHandle> {
        let command = Command {
            cmd: &call.cmd,
            cwd: call.cwd.as_deref(),
            env: &call.env,
            user: None,
            stdin: true,
            timeout: Duration::ZERO,
        };
        let (mut stream, pid) = wire.start("start_background", sandbox, command, cx).await?;
        let (tell, ending) = watch::channel(None);
        let reading = {
            let (wire, sandbox, cx) = (Arc::clone(wire), sandbox.clone(), cx.clone());
            async move {
                let mut capture = Capture::new(&cx.blobs);
                let result = match capture.read(&mut stream, OUTPUT_BYTES_MAX).await {
                    Ok(ended) => capture.finish(&ended),
                    Err(error) => Err(wire.settle_stream(&sandbox, error, &cx).await),
                };
                tell.send_replace(Some(result));
            }
        };
        let mut table = self.table();
        while table.readers.try_join_next().is_some() {}
        let reader = table.readers.spawn(reading);
        let id = pid.to_string();
        let key = (sandbox.id.clone(), id.clone());
        table.known.insert(key, Process { ending, reader });
        Ok(ProcessHandle {
            id,
            private: Value::Null,
        })
    }

    /// Waits for a process's end.
    pub(crate) async fn wait(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        timeout: Duration,
    ) -> DriverResult<ExecuteReply> {
        let key = (sandbox.id.clone(), process.id.clone());
        let found = self.table().known.get(&key).map(|p| p.ending.clone());
        let Some(mut ending) = found else {
            return Err(Failure::new(
                FailureClass::NotFound,
                format!(
                    "process {} was not started here, or its sandbox was destroyed",
                    process.id
                ),
            )
            .into());
        };
        match tokio::time::timeout(timeout, ending.wait_for(Option::is_some)).await {
            Ok(Ok(ending)) => ending
                .clone()
                .unwrap_or_else(|| Err(DriverError::Harness("an ending was lost".to_owned()))),
            Ok(Err(_)) => Err(Failure::new(
                FailureClass::SandboxGone,
                "the sandbox was destroyed while its process was waited for",
            )
            .into()),
            Err(_) => Err(Failure::new(
                FailureClass::Timeout,
                format!("process {} still runs after {timeout:?}", process.id),
            )
            .into()),
        }
    }

    /// Stops reading the processes of a sandbox that is being destroyed.
    pub(crate) fn forget(&self, sandbox: &str) {
        self.table().known.retain(|(owner, _), process| {
            let keep = owner != sandbox;
            if !keep {
                process.reader.abort();
            }
            keep
        });
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pid in a process handle.
pub(crate) fn pid_of(process: &ProcessHandle) -> DriverResult<u64> {
    process
        .id
        .parse()
        .map_err(|_| DriverError::Harness(format!("`{}` is not a process id of E2B", process.id)))
}
