//! Running a command through the toolbox.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::defaults::COMMAND_TIMEOUT;
use super::json_stream::{JsonError, ObjectStream, Piece};
use super::wire::Wire;
use crate::call::sandbox_call::Execute;
use crate::driver::http::{HttpError, Reply, Retry};
use crate::driver::whole_units::whole_seconds;
use crate::driver::{CallContext, DriverError, DriverResult, ExecuteReply, SandboxHandle, Streams};

/// What the provider may take beyond the time limit before we hang up.
const GRACE: Duration = Duration::from_secs(15);

/// The daemon sends nothing until the command has ended, however long that is.
const SILENCE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

impl Wire {
    /// Runs a command to its end.
    pub(crate) async fn execute(
        &self,
        sandbox: &SandboxHandle,
        call: &Execute,
        cx: &CallContext,
    ) -> DriverResult<ExecuteReply> {
        if call.stdin.is_some() {
            return Err(DriverError::Unsupported(
                "Daytona gives a command no standard input".to_owned(),
            ));
        }
        if call.user.is_some() {
            return Err(DriverError::Unsupported(
                "Daytona runs every command as the image's user".to_owned(),
            ));
        }
        let timeout = call.timeout.unwrap_or(COMMAND_TIMEOUT);
        let total = (!timeout.is_zero()).then(|| timeout + GRACE);
        let ask = self
            .toolbox("execute", Method::POST, sandbox, &["process", "execute"])?
            .json(&execute_body(call, timeout))
            .retry(Retry::Unsent)
            .limits(total, total.unwrap_or(SILENCE_MAX));
        let executed = async { read(self.http.send(&ask, cx).await?, cx).await };
        match executed.await {
            Ok(reply) => Ok(reply),
            Err(error) => Err(self.settle(sandbox, error, cx).await),
        }
    }
}

/// A time limit of zero is none.
fn execute_body(call: &Execute, timeout: Duration) -> Value {
    let mut body = json!({ "command": call.cmd });
    if let Some(cwd) = &call.cwd {
        body["cwd"] = json!(cwd);
    }
    if !call.env.is_empty() {
        body["envs"] = json!(call.env);
    }
    if !timeout.is_zero() {
        body["timeout"] = json!(whole_seconds(timeout));
    }
    body
}

/// Reads `{exitCode, result}` with the result going straight to a blob. Servers before 0.156
/// said `code` for `exitCode`.
async fn read(reply: Reply, cx: &CallContext) -> Result<ExecuteReply, HttpError> {
    let mut reply = reply.of_status(&[200])?.told_json()?;
    let mut output = cx.blobs.writer();
    let mut exit_code = None;
    let mut results = 0;
    stream_object(&mut reply, &mut |piece| {
        match piece {
            Piece::Text("result", Some(bytes)) => return output.push(bytes),
            Piece::Text("result", None) => results += 1,
            Piece::Scalar("exitCode" | "code", number) => exit_code = number.parse().ok(),
            _ => {}
        }
        Ok(())
    })
    .await?;
    if results != 1 || exit_code.is_none() {
        let words = "the answer of an execute has not one `result` and an `exitCode`";
        return Err(HttpError::Unusable(words.to_owned()));
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
    use super::*;

    #[test]
    fn the_body_has_what_was_asked_and_no_more() {
        let mut call = Execute {
            cmd: "echo hi".to_owned(),
            ..Execute::default()
        };
        let unlimited = execute_body(&call, Duration::ZERO);
        assert_eq!(unlimited, json!({ "command": "echo hi" }));
        call.cwd = Some("/tmp".to_owned());
        call.env.insert("X".to_owned(), "a b".to_owned());
        let expected = json!({
            "command": "echo hi", "cwd": "/tmp", "envs": { "X": "a b" }, "timeout": 2
        });
        assert_eq!(execute_body(&call, Duration::from_millis(1001)), expected);
    }
}
