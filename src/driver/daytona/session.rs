//! Background commands through sessions.

use std::time::Duration;

use cutover_base::blob::BlobWriter;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::execute::stream_object;
use super::json_stream::Piece;
use super::wire::Wire;
use crate::call::sandbox_call::{SendStdin, StartBackground};
use crate::call::{Failure, FailureClass};
use crate::driver::http::{Ask, HttpError, Refusal, Reply, Retry};
use crate::driver::polls::Polls;
use crate::driver::{
    CallContext, DriverError, DriverResult, ExecuteReply, ProcessHandle, SandboxHandle, Streams,
};

/// Time for the logs of a command, and the longest silence in them.
const LOGS_TIMEOUT: Duration = Duration::from_secs(30 * 60);
const LOGS_IDLE: Duration = Duration::from_secs(60);

/// How long the daemon may take over what lasts moments: it then is no race any more.
const RACE_MAX: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    cmd_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Command {
    id: String,
    exit_code: Option<i64>,
}

/// How far a session's command has come.
enum Progress {
    Runs,
    /// Its exit code is being written: the daemon's answer, which says nothing of the command.
    Ending(Box<Refusal>),
    Ended(i64),
}

/// The daemon makes a command's pipe when its shell comes to it, and takes it away at the end.
fn has_no_pipe(refusal: &Refusal) -> bool {
    let words = refusal.message();
    let missing = words.contains("failed to open input pipe") && words.contains("no such file");
    refusal.status == 500 && missing
}

/// The daemon reads the file of the exit code before the number is in it.
fn is_half_written(refusal: &Refusal) -> bool {
    refusal.status == 500
        && refusal
            .message()
            .contains("failed to convert exit code to int")
}

impl Wire {
    /// Asks a toolbox, and reads its answer.
    pub(super) async fn of_toolbox<T, R: Future<Output = Result<T, HttpError>>>(
        &self,
        sandbox: &SandboxHandle,
        ask: &Ask,
        cx: &CallContext,
        read: impl FnOnce(Reply) -> R,
    ) -> DriverResult<T> {
        let read = async { read(self.http.send(ask, cx).await?).await };
        match read.await {
            Ok(value) => Ok(value),
            Err(error) => Err(self.settle(sandbox, error, cx).await),
        }
    }

    /// Starts a command in a session of its own, which has neither environment nor directory of
    /// the caller's choice.
    pub(crate) async fn start_background(
        &self,
        sandbox: &SandboxHandle,
        call: &StartBackground,
        cx: &CallContext,
    ) -> DriverResult<ProcessHandle> {
        if !call.env.is_empty() || call.cwd.is_some() {
            return Err(DriverError::Unsupported(
                "Daytona's sessions take neither environment nor working directory; \
                 say them in the command"
                    .to_owned(),
            ));
        }
        if call.timeout.is_some_and(|timeout| !timeout.is_zero()) {
            return Err(DriverError::Unsupported(
                "Daytona's sessions have no time limit".to_owned(),
            ));
        }
        let session = format!("cutover-{}", Uuid::new_v4());
        let ask = self
            .toolbox(
                "start_background",
                Method::POST,
                sandbox,
                &["process", "session"],
            )?
            .json(&json!({ "sessionId": session }));
        let made = async |reply: Reply| reply.of_status(&[201])?.empty().await;
        self.of_toolbox(sandbox, &ask, cx, made).await?;
        let segments = ["process", "session", &session, "exec"];
        let ask = self
            .toolbox("start_background", Method::POST, sandbox, &segments)?
            // Without the last, what is sent to standard input comes back in the output.
            .json(&json!({
                "command": call.cmd, "runAsync": true, "suppressInputEcho": true
            }));
        let begun = async |reply: Reply| reply.of_status(&[200, 202])?.object::<Begun>().await;
        let begun = self.of_toolbox(sandbox, &ask, cx, begun).await?;
        if begun.cmd_id.is_empty() {
            let words = "a command without an id".to_owned();
            return Err(HttpError::Unusable(words).plain());
        }
        Ok(ProcessHandle {
            id: begun.cmd_id,
            private: json!({ "session": session }),
        })
    }

    /// Writes to a command's standard input. There is no way to end it.
    pub(crate) async fn send_stdin(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        call: &SendStdin,
        cx: &CallContext,
    ) -> DriverResult<()> {
        if call.close {
            return Err(DriverError::Unsupported(
                "Daytona cannot close the standard input of a session's command".to_owned(),
            ));
        }
        let Ok(text) = std::str::from_utf8(&call.data) else {
            return Err(DriverError::Unsupported(
                "Daytona takes text only as standard input".to_owned(),
            ));
        };
        let segments = command_path(process, Some("input"))?;
        let ask = self
            .toolbox("send_stdin", Method::POST, sandbox, &as_strs(&segments))?
            .json(&json!({ "data": text }));
        let deadline = Instant::now() + RACE_MAX;
        let mut polls = Polls::new();
        loop {
            let refusal = match self.http.send(&ask, cx).await {
                Err(HttpError::Refused(refusal)) if has_no_pipe(&refusal) => refusal,
                answer => {
                    let taken = async { answer?.of_status(&[204])?.empty().await };
                    return match taken.await {
                        Ok(()) => Ok(()),
                        Err(error) => Err(self.settle(sandbox, error, cx).await),
                    };
                }
            };
            // The pipe is made just after a start is answered, and taken away at the command's end.
            if let Progress::Ended(_) = self.progress("send_stdin", sandbox, process, cx).await? {
                return Err(Failure::new(FailureClass::NotFound, refusal.message()).into());
            }
            if !polls.pause(deadline).await {
                return Err(self.settle(sandbox, HttpError::Refused(refusal), cx).await);
            }
        }
    }

    /// Polls a command until it has ended, then reads its logs.
    pub(crate) async fn wait_process(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        cx: &CallContext,
    ) -> DriverResult<ExecuteReply> {
        let mut polls = Polls::new();
        let mut unwritten = None;
        let exit_code = loop {
            match self.progress("wait_process", sandbox, process, cx).await? {
                Progress::Ended(code) => break code,
                Progress::Runs => unwritten = None,
                Progress::Ending(refusal) => {
                    let since = *unwritten.get_or_insert_with(Instant::now);
                    if since.elapsed() > RACE_MAX {
                        return Err(self.settle(sandbox, HttpError::Refused(refusal), cx).await);
                    }
                }
            }
            polls.wait().await;
        };
        let streams = match self.logs(sandbox, process, cx).await {
            Ok(streams) => streams,
            Err(error) => return Err(self.settle(sandbox, error, cx).await),
        };
        Ok(ExecuteReply {
            exit_code: Some(exit_code),
            signal: None,
            streams,
        })
    }

    /// Whether a command still runs.
    async fn progress(
        &self,
        op: &'static str,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        cx: &CallContext,
    ) -> DriverResult<Progress> {
        let segments = command_path(process, None)?;
        let ask = self.toolbox(op, Method::GET, sandbox, &as_strs(&segments))?;
        let command = match self.http.send(&ask, cx).await {
            Ok(reply) => async { reply.of_status(&[200])?.object::<Command>().await }.await,
            Err(HttpError::Refused(refusal)) if is_half_written(&refusal) => {
                return Ok(Progress::Ending(refusal));
            }
            Err(error) => Err(error),
        };
        match command {
            Ok(command) if command.id != process.id => {
                let words = "the answer is about another command".to_owned();
                Err(HttpError::Unusable(words).plain())
            }
            Ok(command) => Ok(command.exit_code.map_or(Progress::Runs, Progress::Ended)),
            Err(error) => Err(self.settle(sandbox, error, cx).await),
        }
    }

    /// The two streams of a finished command. `output` of the answer has markers of the daemon's
    /// own in it and is left alone.
    async fn logs(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        cx: &CallContext,
    ) -> Result<Streams, HttpError> {
        let segments = command_path(process, Some("logs"))?;
        let ask = self
            .toolbox("wait_process", Method::GET, sandbox, &as_strs(&segments))?
            .retry(Retry::Safe)
            .limits(Some(LOGS_TIMEOUT), LOGS_IDLE);
        let reply = self.http.send(&ask, cx).await?;
        let mut reply = reply.of_status(&[200])?.told_json()?;
        let mut stdout = cx.blobs.writer();
        let mut stderr = cx.blobs.writer();
        let mut told = [0, 0];
        stream_object(&mut reply, &mut |piece| {
            match piece {
                Piece::Text("stdout", Some(bytes)) => return stdout.push(bytes),
                Piece::Text("stderr", Some(bytes)) => return stderr.push(bytes),
                Piece::Text("stdout", None) => told[0] += 1,
                Piece::Text("stderr", None) => told[1] += 1,
                _ => {}
            }
            Ok(())
        })
        .await?;
        if told != [1, 1] {
            let words = "the logs have not one `stdout` and one `stderr`";
            return Err(HttpError::Unusable(words.to_owned()));
        }
        joined(stdout, stderr, cx)
    }
}

fn joined(stdout: BlobWriter, stderr: BlobWriter, cx: &CallContext) -> Result<Streams, HttpError> {
    let stdout = stdout.finish()?;
    let stderr = stderr.finish()?;
    let output = crate::driver::streams::joined(&cx.blobs, &stdout, &stderr)?;
    Ok(Streams::Apart {
        stdout,
        stderr,
        output,
    })
}

fn command_path(process: &ProcessHandle, last: Option<&str>) -> DriverResult<Vec<String>> {
    let session = process.private.get("session");
    let Some(session) = session.and_then(serde_json::Value::as_str) else {
        return Err(DriverError::Harness(format!(
            "`{}` is not a background process of Daytona",
            process.id
        )));
    };
    let path = ["process", "session", session, "command", &process.id];
    Ok(path.into_iter().chain(last).map(str::to_owned).collect())
}

fn as_strs(segments: &[String]) -> Vec<&str> {
    segments.iter().map(String::as_str).collect()
}
