//! Input, signals and terminal size of a living process (contract 3.2).

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::e2b::envd::call::Call;
use crate::e2b::envd::message::Message;
use crate::e2b::envd::process::selector;
use crate::e2b::error::{Code, RpcError, go_text};
use crate::e2b::process::live::Process;
use crate::engine::{EngineError, SignalTarget};

/// The living process that a request means.
pub(crate) fn live(call: &Call, message: &Message) -> Result<Arc<Process>, RpcError> {
    let selector = selector::read(message)?;
    let process = call.sandbox.processes.live(&selector)?;
    // It has ended but its supervisor has not come to say so yet.
    if process.ended().is_some() {
        let text = format!("process with pid {} not found", process.pid);
        return Err(RpcError::new(Code::NotFound, text));
    }
    Ok(process)
}

/// `SendInput`: returns when the pipe has taken it all.
pub(crate) async fn send(call: &Call, message: &Message) -> Result<Value, RpcError> {
    let process = live(call, message)?;
    write(&process, message).await?;
    Ok(json!({}))
}

/// Writes the member `input` of a message.
pub(crate) async fn write(process: &Process, message: &Message) -> Result<(), RpcError> {
    let input = message.message("input")?;
    let (stdin, pty) = match &input {
        Some(input) => (input.bytes("stdin")?, input.bytes("pty")?),
        None => (None, None),
    };
    let (bytes, what) = match (stdin, pty, process.pty) {
        (Some(bytes), _, false) => (bytes, "stdin"),
        (_, Some(bytes), true) => (bytes, "tty"),
        (Some(_), _, true) => {
            return Err(RpcError::internal(
                "error writing to stdin: tty assigned to process — input should be written to \
                 the pty, not the stdin",
            ));
        }
        (None, Some(_), false) => {
            return Err(RpcError::internal(
                "error writing to tty: tty not assigned to process — input should be written to \
                 the stdin, not the tty",
            ));
        }
        (None, None, _) => return Err(RpcError::unimplemented("invalid input type <nil>")),
    };
    let mut input = process.input.lock().await;
    let Some(writer) = input.as_mut() else {
        return Err(RpcError::internal(
            "error writing to stdin: stdin not enabled or closed",
        ));
    };
    let written = async {
        writer.write_all(&bytes).await?;
        writer.flush().await
    };
    written.await.map_err(|error| {
        let pid = process.pid;
        let errno = error.raw_os_error().unwrap_or(libc::EPIPE);
        let reason = go_text(&EngineError::Os {
            operation: "write".to_owned(),
            errno,
        });
        RpcError::internal(format!(
            "error writing to {what}: error writing to {what} of process '{pid}': write |1: {reason}"
        ))
    })
}

/// `CloseStdin`; closing it twice is fine.
pub(crate) async fn close(call: &Call, message: &Message) -> Result<Value, RpcError> {
    let process = live(call, message)?;
    if process.pty {
        return Err(RpcError::new(
            Code::Unknown,
            "error closing stdin: cannot close stdin for PTY process — send Ctrl+D (0x04) instead",
        ));
    }
    process.input.lock().await.take();
    Ok(json!({}))
}

/// `SendSignal`: SIGTERM or SIGKILL, to the leader only; answers before it has had an effect.
pub(crate) async fn signal(call: &Call, message: &Message) -> Result<Value, RpcError> {
    let process = live(call, message)?;
    let signal = read_signal(message)?;
    let finished = || RpcError::internal("error sending signal: os: process already finished");
    if process.leader_is_dead() {
        return Err(finished());
    }
    let target = SignalTarget::Process(process.pid);
    match call.sandbox.engine.signal(target, signal).await {
        Ok(()) => {
            process.cut.cancel();
            Ok(json!({}))
        }
        Err(error) if error.errno() == Some(libc::ESRCH) => Err(finished()),
        Err(error) => Err(RpcError::engine(
            Code::Internal,
            "error sending signal: ",
            &error,
        )),
    }
}

fn read_signal(message: &Message) -> Result<i32, RpcError> {
    let refuse = |name: &str| Err(RpcError::unimplemented(format!("invalid signal: {name}")));
    match message.get("signal") {
        None => refuse("SIGNAL_UNSPECIFIED"),
        Some(Value::String(name)) => match name.as_str() {
            "SIGNAL_SIGTERM" => Ok(libc::SIGTERM),
            "SIGNAL_SIGKILL" => Ok(libc::SIGKILL),
            "SIGNAL_UNSPECIFIED" => refuse("SIGNAL_UNSPECIFIED"),
            _ => Err(RpcError::invalid(format!(
                "unmarshal message: proto: invalid value for enum field signal: \"{name}\""
            ))),
        },
        Some(value) => match value.as_i64() {
            Some(15) => Ok(libc::SIGTERM),
            Some(9) => Ok(libc::SIGKILL),
            Some(0) => refuse("SIGNAL_UNSPECIFIED"),
            Some(number) => refuse(&number.to_string()),
            None => Err(RpcError::invalid(
                "unmarshal message: proto: invalid value for enum field signal",
            )),
        },
    }
}

/// `Update`: the size of a terminal. Without a size it does nothing.
pub(crate) async fn resize(call: &Call, message: &Message) -> Result<Value, RpcError> {
    let process = live(call, message)?;
    let Some(pty) = message.message("pty")? else {
        return Ok(json!({}));
    };
    if !process.pty {
        return Err(RpcError::internal(
            "error resizing tty: tty not assigned to process",
        ));
    }
    let (cols, rows) = size(&pty)?;
    let resized = call.sandbox.engine.resize(process.pid, cols, rows).await;
    resized.map_err(|error| RpcError::engine(Code::Internal, "error resizing tty: ", &error))?;
    Ok(json!({}))
}

/// Columns and rows of a `PTY` message.
pub(crate) fn size(pty: &Message) -> Result<(u16, u16), RpcError> {
    let Some(size) = pty.message("size")? else {
        return Ok((0, 0));
    };
    let read = |name| -> Result<u16, RpcError> {
        let number = size.uint32(name)?.unwrap_or(0);
        // envd cuts to 16 bits, as the kernel's `winsize` does.
        Ok(u16::try_from(number & 0xffff).unwrap_or(u16::MAX))
    };
    Ok((read("cols")?, read("rows")?))
}
