//! Running a command through envd's `Start` stream.

use std::time::Duration;

use cutover_base::blob::{Blob, BlobStore, BlobWriter};
use reqwest::Method;
use serde_json::{Value, json};

use super::classes::of_rpc;
use super::envd::{Wire, stream_payload};
use super::event::{self, Ended, Event, RpcError};
use super::frame::{Frame, FrameDecoder};
use crate::call::sandbox_call::Env;
use crate::call::{Failure, FailureClass};
use crate::driver::http::{HttpError, Reply, Retry};
use crate::driver::streams::joined;
use crate::driver::{CallContext, DriverError, DriverResult, ExecuteReply, SandboxHandle, Streams};

/// Seconds between keepalives that are asked for, as both SDKs do.
const KEEPALIVE_S: u32 = 50;

/// Two keepalives missing and some: the connection is dead.
const IDLE: Duration = Duration::from_secs(120);

/// What the provider may take beyond the time limit before we hang up: it kills, reaps, answers.
const GRACE: Duration = Duration::from_secs(15);

/// The largest value that fits the ten digits which envd reads: 115 days.
const TIMEOUT_MS_MAX: u128 = 9_999_999_999;

/// A command for `Start`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Command<'a> {
    pub(crate) cmd: &'a str,
    pub(crate) cwd: Option<&'a str>,
    pub(crate) env: &'a Env,
    pub(crate) user: Option<&'a str>,
    /// Whether standard input is a pipe; else it is `/dev/null`.
    pub(crate) stdin: bool,
    /// Time limit; zero is none.
    pub(crate) timeout: Duration,
}

/// Why a process stream ended early.
#[derive(Debug)]
pub(crate) enum StreamError {
    /// The connection or the wire.
    Http(HttpError),
    /// The provider's own error, in the trailer.
    Rpc(RpcError),
}

impl<E: Into<HttpError>> From<E> for StreamError {
    fn from(error: E) -> Self {
        Self::Http(error.into())
    }
}

/// A process stream being read.
#[derive(Debug)]
pub(crate) struct ProcessStream {
    reply: Reply,
    decoder: FrameDecoder,
}

impl ProcessStream {
    /// The next event; `None` after the trailer.
    async fn next(&mut self) -> Result<Option<Event>, StreamError> {
        loop {
            let frame = match self.decoder.next() {
                Ok(frame) => frame,
                Err(error) => return Err(self.reply.unusable(error.to_string()).into()),
            };
            match frame {
                Some(Frame::Data(payload)) => {
                    let event = event::read(&payload);
                    return match event {
                        Ok(event) => Ok(Some(event)),
                        Err(words) => Err(self.reply.unusable(words).into()),
                    };
                }
                Some(Frame::End(payload)) => {
                    return match event::read_trailer(&payload) {
                        Ok(None) => {
                            self.reply.done();
                            Ok(None)
                        }
                        Ok(Some(mut error)) => {
                            error.message = self.reply.redact(&error.message);
                            self.reply.done();
                            Err(StreamError::Rpc(error))
                        }
                        Err(words) => Err(self.reply.unusable(words).into()),
                    };
                }
                None => {
                    let Some(bytes) = self.reply.chunk_open().await? else {
                        let words = "the stream ended without its trailer".to_owned();
                        return Err(self.reply.broken(HttpError::Lost(words)).into());
                    };
                    self.decoder.push(&bytes);
                }
            }
        }
    }

    /// Ends the evidence of a stream that nobody wants to read any further.
    pub(crate) fn leave(&mut self) {
        self.reply.done();
    }

    /// Waits for the first event and gives the pid.
    async fn started(&mut self) -> Result<u64, StreamError> {
        loop {
            match self.next().await? {
                Some(Event::Start { pid }) => return Ok(pid),
                Some(Event::Other) => {}
                _ => {
                    let error = self
                        .reply
                        .unusable("the stream did not begin with its start");
                    return Err(error.into());
                }
            }
        }
    }
}

/// Output of a process, captured as it arrives.
#[derive(Debug)]
pub(crate) struct Capture {
    store: BlobStore,
    stdout: BlobWriter,
    stderr: BlobWriter,
}

impl Capture {
    pub(crate) fn new(store: &BlobStore) -> Self {
        Self {
            stdout: store.writer(),
            stderr: store.writer(),
            store: store.clone(),
        }
    }

    /// Reads a stream to its end, keeping at most `max` bytes.
    pub(crate) async fn read(
        &mut self,
        stream: &mut ProcessStream,
        max: u64,
    ) -> Result<Ended, StreamError> {
        let mut ended = None;
        while let Some(event) = stream.next().await? {
            if ended.is_some() && event != Event::Other {
                let words = "the process went on after its end";
                return Err(stream.reply.unusable(words).into());
            }
            match event {
                Event::Stdout(bytes) => self.stdout.push(&bytes).map_err(HttpError::from)?,
                Event::Stderr(bytes) => self.stderr.push(&bytes).map_err(HttpError::from)?,
                Event::End(end) => ended = Some(end),
                Event::Start { .. } | Event::Other => {}
            }
            if self.stdout.len() + self.stderr.len() > max {
                let failure = Failure::new(
                    FailureClass::TooLarge,
                    format!("more than {max} bytes of output; cutover keeps no more of it"),
                );
                return Err(stream.reply.broken(HttpError::Ours(failure.into())).into());
            }
        }
        ended.ok_or_else(|| {
            HttpError::Unusable("the stream ended without the process's end".to_owned()).into()
        })
    }

    /// The outcome.
    pub(crate) fn finish(self, ended: &Ended) -> DriverResult<ExecuteReply> {
        let kept = |result: std::io::Result<Blob>| {
            result.map_err(|error| {
                DriverError::Harness(format!("captured output could not be kept: {error}"))
            })
        };
        let stdout = kept(self.stdout.finish())?;
        let stderr = kept(self.stderr.finish())?;
        let output = kept(joined(&self.store, &stdout, &stderr))?;
        Ok(ExecuteReply {
            exit_code: Some(ended.exit_code),
            signal: ended.signal(),
            streams: Streams::Apart {
                stdout,
                stderr,
                output,
            },
        })
    }
}

impl Wire {
    /// Starts a command and waits until envd has said its pid.
    pub(crate) async fn start(
        &self,
        op: &'static str,
        sandbox: &SandboxHandle,
        command: Command<'_>,
        cx: &CallContext,
    ) -> DriverResult<(ProcessStream, u64)> {
        let total = (!command.timeout.is_zero()).then(|| command.timeout + GRACE);
        let mut ask = self
            .envd(op, Method::POST, sandbox, &["process.Process", "Start"])?
            .header("connect-protocol-version", "1")?
            .header("keepalive-ping-interval", &KEEPALIVE_S.to_string())?
            .payload(stream_payload(&start_body(command)))
            .retry(Retry::Unsent)
            .limits(total, IDLE);
        if !command.timeout.is_zero() {
            // `0` would mean "already expired"; no header means no limit. A fraction of a
            // millisecond must not become that `0`.
            let millis = command.timeout.as_millis().clamp(1, TIMEOUT_MS_MAX);
            ask = ask.header("connect-timeout-ms", &millis.to_string())?;
        }
        let ask = Self::as_user(ask, sandbox, command.user)?;
        let begun = async {
            let mut reply = self.http.send(&ask, cx).await?;
            let content_type = reply.header("content-type");
            if reply.status != 200 || !content_type.starts_with("application/connect+json") {
                let words = format!("`{content_type}` came where a stream was due");
                return Err(reply.unusable(words).into());
            }
            let mut stream = ProcessStream {
                reply,
                decoder: FrameDecoder::default(),
            };
            let pid = stream.started().await?;
            Ok((stream, pid))
        };
        match begun.await {
            Ok(started) => Ok(started),
            Err(error) => Err(self.settle_stream(sandbox, error, cx).await),
        }
    }

    /// Finds out what the early end of a stream means.
    pub(crate) async fn settle_stream(
        &self,
        sandbox: &SandboxHandle,
        error: StreamError,
        cx: &CallContext,
    ) -> DriverError {
        match error {
            StreamError::Rpc(error) => {
                let failure = of_rpc(&error);
                if error.code == "canceled" || error.code == "unavailable" {
                    if failure.class == FailureClass::SandboxGone {
                        return self.gone_or_paused(sandbox, failure, cx).await;
                    }
                    let lost = HttpError::Lost(failure.message);
                    return self.settle(sandbox, lost, cx).await;
                }
                failure.into()
            }
            StreamError::Http(error) => self.settle(sandbox, error, cx).await,
        }
    }
}

fn start_body(command: Command<'_>) -> Value {
    let mut process = json!({
        "cmd": "/bin/bash",
        "args": ["-l", "-c", command.cmd],
    });
    if !command.env.is_empty() {
        process["envs"] = json!(command.env);
    }
    if let Some(cwd) = command.cwd {
        process["cwd"] = json!(cwd);
    }
    json!({ "process": process, "stdin": command.stdin })
}
