//! Running a command through the toolbox (daytona-wire sections 2.4, 3.3).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::json_stream::{JsonError, ObjectStream, Piece};
use super::wire::Wire;
use crate::driver::http::{HttpError, Reply, Retry};
use crate::driver::{
    CallContext, DriverError, DriverResult, ExecuteReply, ExecuteRequest, SandboxHandle, Streams,
};

/// What the provider may take beyond the time limit before we hang up.
const GRACE: Duration = Duration::from_secs(15);

/// The daemon sends nothing until the command has ended, however long that is.
const SILENCE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

impl Wire {
    /// Runs a command to its end.
    pub(crate) async fn execute(
        &self,
        sandbox: &SandboxHandle,
        request: &ExecuteRequest,
        cx: &CallContext,
    ) -> DriverResult<ExecuteReply> {
        if request.stdin.is_some() {
            return Err(DriverError::Unsupported(
                "Daytona gives a command no standard input".to_owned(),
            ));
        }
        if request.user.is_some() {
            return Err(DriverError::Unsupported(
                "Daytona runs every command as the image's user".to_owned(),
            ));
        }
        let total = (!request.timeout.is_zero()).then(|| request.timeout + GRACE);
        let ask = self
            .toolbox("execute", Method::POST, sandbox, &["process", "execute"])?
            .json(&execute_body(request))
            .retry(Retry::Unsent)
            .limits(total, total.unwrap_or(SILENCE_MAX));
        let executed = async { read(self.http.send(&ask, cx).await?, cx).await };
        match executed.await {
            Ok(reply) => Ok(reply),
            Err(error) => Err(self.settle(sandbox, error, cx).await),
        }
    }
}

fn execute_body(request: &ExecuteRequest) -> Value {
    let mut body = json!({ "command": request.cmd });
    if let Some(cwd) = &request.cwd {
        body["cwd"] = json!(cwd);
    }
    if !request.env.is_empty() {
        body["envs"] = json!(request.env);
    }
    if !request.timeout.is_zero() {
        body["timeout"] = json!(whole_seconds(request.timeout));
    }
    body
}

/// Whole seconds, rounded up, so that a limit is never shorter than what was asked for.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Reads `{exitCode, result}` with the result going straight to a blob. Servers before 0.156
/// said `code` for `exitCode`.
async fn read(mut reply: Reply, cx: &CallContext) -> Result<ExecuteReply, HttpError> {
    let mut output = cx.blobs.writer();
    let mut exit_code = None;
    let mut told = false;
    stream_object(&mut reply, &mut |piece| {
        match piece {
            Piece::Text("result", bytes) => {
                told = true;
                return bytes.map_or(Ok(()), |bytes| output.push(bytes));
            }
            Piece::Scalar("exitCode" | "code", number) => exit_code = number.parse().ok(),
            _ => {}
        }
        Ok(())
    })
    .await?;
    if !told {
        return Err(HttpError::Unusable(
            "the answer of an execute has no `result`".to_owned(),
        ));
    }
    Ok(ExecuteReply {
        exit_code,
        signal: None,
        streams: Streams::Merged {
            output: output.finish()?,
        },
    })
}

/// Reads a JSON object piece by piece.
pub(crate) async fn stream_object(
    reply: &mut Reply,
    sink: &mut (dyn FnMut(Piece<'_>) -> std::io::Result<()> + Send),
) -> Result<(), HttpError> {
    let mut object = ObjectStream::new();
    let fail = |reply: &mut Reply, error: JsonError| match error {
        JsonError::Io(error) => reply.broken(error.into()),
        JsonError::Syntax(what) => reply.unusable(format!(
            "the answer is not the JSON of the contract: {what}"
        )),
    };
    while let Some(bytes) = reply.chunk_open().await? {
        if let Err(error) = object.push(&bytes, sink) {
            return Err(fail(reply, error));
        }
    }
    if let Err(error) = object.finish() {
        return Err(fail(reply, error));
    }
    reply.done();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::call::provider_call::Env;

    use super::*;

    #[test]
    fn the_body_has_what_was_asked_and_no_more() {
        let mut request = ExecuteRequest {
            cmd: "echo hi".to_owned(),
            cwd: None,
            env: Env::new(),
            user: None,
            timeout: Duration::ZERO,
            stdin: None,
        };
        assert_eq!(execute_body(&request), json!({ "command": "echo hi" }));
        request.cwd = Some("/tmp".to_owned());
        request.env.insert("X".to_owned(), "a b".to_owned());
        request.timeout = Duration::from_millis(1001);
        let expected = json!({
            "command": "echo hi", "cwd": "/tmp", "envs": { "X": "a b" }, "timeout": 2
        });
        assert_eq!(execute_body(&request), expected);
    }
}
