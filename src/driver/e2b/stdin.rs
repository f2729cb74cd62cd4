//! Standard input and signals of a process.

use std::future::Future;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::envd::Wire;
use super::files::Nothing;
use crate::driver::http::Retry;
use crate::driver::{CallContext, DriverError, DriverResult, SandboxHandle};

/// Bytes of input per call: a few pipes' worth, so that a call is short while the reader reads.
const INPUT_BYTES: usize = 256 * 1024;

impl Wire {
    /// Writes to a process's standard input, then closes it if asked.
    pub(crate) async fn feed(
        &self,
        sandbox: &SandboxHandle,
        pid: u64,
        data: &Bytes,
        close: bool,
        cx: &CallContext,
    ) -> DriverResult<()> {
        for piece in data.chunks(INPUT_BYTES) {
            let body = json!({
                "process": { "pid": pid },
                "input": { "stdin": STANDARD.encode(piece) },
            });
            self.process_call("send_stdin", sandbox, "SendInput", &body, cx)
                .await?;
        }
        if close {
            let body = json!({ "process": { "pid": pid } });
            self.process_call("close_stdin", sandbox, "CloseStdin", &body, cx)
                .await?;
        }
        Ok(())
    }

    /// Signals a process: its leader only, as envd does.
    pub(crate) async fn signal(
        &self,
        sandbox: &SandboxHandle,
        pid: u64,
        signal: &str,
        cx: &CallContext,
    ) -> DriverResult<()> {
        let signal = match signal {
            "KILL" => "SIGNAL_SIGKILL",
            "TERM" => "SIGNAL_SIGTERM",
            other => {
                return Err(DriverError::Unsupported(format!(
                    "E2B sends TERM and KILL only, not {other}"
                )));
            }
        };
        let body = json!({ "process": { "pid": pid }, "signal": signal });
        self.process_call("send_signal", sandbox, "SendSignal", &body, cx)
            .await
    }

    async fn process_call(
        &self,
        op: &'static str,
        sandbox: &SandboxHandle,
        method: &str,
        body: &Value,
        cx: &CallContext,
    ) -> DriverResult<()> {
        let method = ["process.Process", method];
        self.rpc::<Nothing>(op, sandbox, method, body, Retry::Unsent, cx)
            .await
            .map(drop)
    }
}

/// Reads a process to its end while its input is written.
///
/// A process that ends without reading, or closes its input, makes the writing fail; that is the
/// process's affair, and its end is the outcome. A provider that does not take the input is not.
pub(crate) async fn alongside<T>(
    reading: impl Future<Output = DriverResult<T>>,
    feeding: impl Future<Output = DriverResult<()>>,
) -> DriverResult<T> {
    tokio::pin!(reading, feeding);
    let fed = tokio::select! {
        read = &mut reading => return read,
        fed = &mut feeding => fed,
    };
    match fed {
        Err(DriverError::Failed(failure)) if !failure.class.is_error() => reading.await,
        Err(error) => Err(error),
        Ok(()) => reading.await,
    }
}
