//! Background processes: the driver holds their `Start` streams open, since output that nobody
//! reads is lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::defaults::COMMAND_TIMEOUT;
use super::envd::Wire;
use super::process::{Capture, Command, ProcessStream};
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
    /// Fires when the process is no longer of interest.
    left: CancellationToken,
}

/// Reads one process to its end.
struct Reader {
    wire: Arc<Wire>,
    sandbox: SandboxHandle,
    cx: CallContext,
    stream: ProcessStream,
    tell: watch::Sender<Ending>,
    left: CancellationToken,
}

impl Reader {
    async fn read(mut self) {
        let mut capture = Capture::new(&self.cx.blobs);
        let read = capture.read(&mut self.stream, OUTPUT_BYTES_MAX);
        let result = match self.left.run_until_cancelled(read).await {
            // The provider has done its work as long as it was wanted.
            None => return self.stream.leave(),
            Some(Ok(ended)) => capture.finish(&ended),
            Some(Err(error)) => {
                let settled = self.wire.settle_stream(&self.sandbox, error, &self.cx);
                match self.left.run_until_cancelled(settled).await {
                    None => return,
                    Some(error) => Err(error),
                }
            }
        };
        self.tell.send_replace(Some(result));
    }
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
            timeout: call.timeout.unwrap_or(COMMAND_TIMEOUT),
        };
        let (stream, pid) = wire.start("start_background", sandbox, command, cx).await?;
        let (tell, ending) = watch::channel(None);
        let left = CancellationToken::new();
        let reader = Reader {
            wire: Arc::clone(wire),
            sandbox: sandbox.clone(),
            cx: cx.clone(),
            stream,
            tell,
            left: left.clone(),
        };
        let mut table = self.table();
        while table.readers.try_join_next().is_some() {}
        table.readers.spawn(reader.read());
        let id = pid.to_string();
        let key = (sandbox.id.clone(), id.clone());
        table.known.insert(key, Process { ending, left });
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
        match ending.wait_for(Option::is_some).await {
            Ok(ending) => ending
                .clone()
                .unwrap_or_else(|| Err(DriverError::Harness("an ending was lost".to_owned()))),
            Err(_) => Err(Failure::new(
                FailureClass::SandboxGone,
                "the sandbox was destroyed while its process was waited for",
            )
            .into()),
        }
    }

    /// Ids of the processes of a sandbox whose streams their time limit has ended.
    pub(crate) fn ended_by_limit(&self, sandbox: &str) -> Vec<String> {
        let by_limit = |process: &Process| match &*process.ending.borrow() {
            Some(Err(DriverError::Failed(failure))) => failure.class == FailureClass::Timeout,
            _ => false,
        };
        let table = self.table();
        let ended = table
            .known
            .iter()
            .filter(|((owner, _), process)| owner == sandbox && by_limit(process));
        ended.map(|((_, id), _)| id.clone()).collect()
    }

    /// Stops reading the processes of a sandbox that is being destroyed, and waits until their
    /// evidence is whole.
    pub(crate) async fn forget(&self, sandbox: &str) {
        let of_sandbox = |(owner, _): &(String, String), _: &mut Process| owner == sandbox;
        let forgotten: Vec<_> = self.table().known.extract_if(of_sandbox).collect();
        for (_, process) in &forgotten {
            process.left.cancel();
        }
        for (_, mut process) in forgotten {
            // The reader's half goes with the reader.
            while process.ending.changed().await.is_ok() {}
        }
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
