//! `POST /process/execute` (contract 3.3).

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;

use crate::standin::daytona::life;
use crate::standin::daytona::toolbox::error::{ToolError, go_reason};
use crate::standin::daytona::toolbox::fields::Fields;
use crate::standin::daytona::toolbox::machine::Machine;
use crate::standin::daytona::toolbox::output::{Output, Part};
use crate::standin::daytona::toolbox::{launch, output};
use crate::standin::engine::{EngineError, EngineProcess, ExitStatus, StdinMode};

/// One read from the pipe: its whole capacity.
const READ_BYTES: usize = 64 * 1024;

/// A command that was asked for.
struct Order {
    command: String,
    cwd: String,
    env: BTreeMap<String, String>,
    timeout: Option<Duration>,
}

/// Runs a command to its end, or to its time limit.
pub(super) async fn execute(machine: &Machine, body: Body) -> Result<Response, ToolError> {
    let order = read(body).await?;
    let mut env = machine.env();
    let shell = launch::shell(machine, &env).await;
    env.extend(order.env);
    let cwd = machine.resolve(&order.cwd);
    let (argv, stdin) = if machine.world.swap_shell {
        let argv = ["bash", "-l", "-c", &order.command]
            .map(str::to_owned)
            .to_vec();
        (argv, StdinMode::Closed)
    } else {
        (vec![shell.clone()], StdinMode::Pipe)
    };
    let process = match launch::spawn(machine, argv, env, cwd, stdin).await {
        Ok(process) => process,
        Err(EngineError::Gone) => return Err(ToolError::Dead),
        // The text names the shell even when it is the directory that is missing.
        Err(error) => {
            let result = format!("fork/exec {shell}: {}", go_reason(&error));
            let body = json!({"exitCode": -1, "result": result});
            return Ok(machine.json(StatusCode::OK, body));
        }
    };
    let pid = process.pid;
    let (exit_code, output) = follow(machine, process, order.command, order.timeout).await?;
    forget_group(machine, pid).await;
    let parts = vec![
        Part::Text(format!("{{\"exitCode\":{exit_code},\"result\":")),
        Part::Output(output),
        Part::Text("}".to_owned()),
    ];
    let response = output::answer(machine, parts).await;
    response.map_err(|error| ToolError::bare(error.to_string()))
}

async fn read(body: Body) -> Result<Order, ToolError> {
    let wrong = |text: String| ToolError::bad(format!("invalid request body: {text}"));
    let fields = Fields::read("ExecuteRequest", body).await.map_err(wrong)?;
    let cwd = fields.text("cwd").map_err(wrong)?;
    let env = fields.texts("envs").map_err(wrong)?;
    let timeout = fields.number("timeout").map_err(wrong)?;
    let command = fields.required("command", "Command").map_err(wrong)?;
    if command.trim().is_empty() {
        return Err(ToolError::bad("command cannot be empty or whitespace-only"));
    }
    if let Some(name) = env.keys().find(|name| !is_env_name(name)) {
        return Err(ToolError::bad(format!(
            "invalid environment variable name: '{name}'"
        )));
    }
    Ok(Order {
        command,
        cwd,
        env,
        timeout: timeout
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Duration::from_secs(seconds.into())),
    })
}

fn is_env_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let starts = bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    starts && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Waits until the shell has ended and its pipe is closed by everybody. When the time is up the
/// group is killed and the wait goes on: whoever left the group and still holds the pipe delays
/// the answer, and what was written is lost.
async fn follow(
    machine: &Machine,
    mut process: EngineProcess,
    command: String,
    timeout: Option<Duration>,
) -> Result<(i32, Output), ToolError> {
    let failed = |error: io::Error| ToolError::bare(error.to_string());
    let script = feed(process.stdin.take(), command);
    tokio::pin!(script);
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    let (mut fed, mut killed, mut closed) = (false, false, false);
    let mut output = Output::default();
    let mut buffer = vec![0; READ_BYTES];
    let status = loop {
        let status = *process.exit.borrow_and_update();
        if closed && status.is_some() {
            break status;
        }
        tokio::select! {
            () = &mut script, if !fed => fed = true,
            read = process.stdout.read(&mut buffer), if !closed => {
                // A pipe that cannot be read any more is closed as well.
                let count = read.unwrap_or(0);
                closed = count == 0;
                if !killed {
                    output.push(&buffer[..count]).await.map_err(failed)?;
                }
            }
            changed = process.exit.changed(), if status.is_none() => {
                // Without a sender nobody will ever say how it ended: the sandbox is going.
                if changed.is_err() && process.exit.borrow().is_none() {
                    return Err(ToolError::Dead);
                }
            }
            () = at(deadline), if !killed => {
                killed = true;
                output = Output::default();
                life::kill_group(&machine.sandbox, process.pid).await;
            }
        }
    };
    if killed {
        return Err(ToolError::timeout("command execution timeout"));
    }
    let exit_code = match status {
        Some(ExitStatus::Code(code)) => code,
        // The shell itself was killed (contract 3.3).
        Some(ExitStatus::Signal { .. }) | None => -1,
    };
    Ok((exit_code, output))
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Gives the shell its script. A shell that ends before it has read all is no error.
async fn feed(stdin: Option<Box<dyn AsyncWrite + Send + Unpin>>, command: String) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(command.as_bytes()).await;
        let _ = stdin.shutdown().await;
    }
}

/// A group without members need not be ended at a stop; one with a background process must.
async fn forget_group(machine: &Machine, pid: u32) {
    use crate::standin::engine::SignalTarget::Group;
    let alive = machine
        .engine()
        .signal(Group(pid), libc::SIGCONT)
        .await
        .is_ok();
    if !alive {
        machine.sandbox.groups().retain(|leader| *leader != pid);
    }
}

#[cfg(test)]
mod tests {
    use super::is_env_name;

    #[test]
    fn names_of_variables() {
        for good in ["A", "_", "a_1", "PATH"] {
            assert!(is_env_name(good), "{good}");
        }
        for bad in ["", "1A", "X-Y", "A B", "É", "A="] {
            assert!(!is_env_name(bad), "{bad}");
        }
    }
}
