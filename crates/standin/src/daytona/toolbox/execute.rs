//! `POST /process/execute` (contract 3.3).

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;

use crate::daytona::life;
use crate::daytona::toolbox::charts::Artifacts;
use crate::daytona::toolbox::env::is_env_name;
use crate::daytona::toolbox::error::{ToolError, go_reason};
use crate::daytona::toolbox::fields::Fields;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::output::{Output, Part};
use crate::daytona::toolbox::{launch, output};
use crate::engine::{EngineError, EngineProcess, ExitStatus, StdinMode};

/// One read from the pipe: its whole capacity.
const READ_BYTES: usize = 64 * 1024;

/// A command that was asked for.
#[derive(Debug)]
pub(super) struct Order {
    command: String,
    cwd: String,
    env: BTreeMap<String, String>,
    timeout: Option<Duration>,
    /// Whether its output may carry charts.
    artifacts: Option<Artifacts>,
}

impl Order {
    /// Code that a command runs in the work dir.
    pub(super) fn of_code(
        command: String,
        env: BTreeMap<String, String>,
        timeout_s: Option<u32>,
        artifacts: Artifacts,
    ) -> Self {
        Self {
            command,
            cwd: String::new(),
            env,
            timeout: limit(timeout_s),
            artifacts: Some(artifacts),
        }
    }
}

/// How an order ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The shell could not be started; the text says why.
    NotStarted(String),
    /// The shell ended.
    With {
        exit_code: i32,
        output: Output,
        charts: Vec<Value>,
    },
}

/// Runs a command to its end, or to its time limit.
pub(super) async fn execute(machine: &Machine, body: Body) -> Result<Response, ToolError> {
    let order = read(body).await?;
    match run(machine, order).await? {
        Ended::NotStarted(result) => {
            let body = json!({"exitCode": -1, "result": result});
            Ok(machine.json(StatusCode::OK, body))
        }
        Ended::With {
            exit_code, output, ..
        } => {
            let parts = vec![
                Part::Text(format!("{{\"exitCode\":{exit_code},\"result\":")),
                output.into_part().await?,
                Part::text("}"),
            ];
            output::answer(machine, parts).await
        }
    }
}

/// Gives a fresh shell a command, and follows it to its end.
pub(super) async fn run(machine: &Machine, order: Order) -> Result<Ended, ToolError> {
    let mut env = machine.env();
    let shell = launch::shell(machine, &env).await;
    env.extend(order.env);
    let cwd = machine.resolve(&order.cwd);
    let (argv, stdin) = if machine.app.swap_shell {
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
            return Ok(Ended::NotStarted(result));
        }
    };
    let pid = process.pid;
    let capture = Capture {
        output: Output::new(machine),
        artifacts: order.artifacts,
    };
    let (exit_code, capture) =
        follow(machine, process, order.command, order.timeout, capture).await?;
    forget_group(machine, pid).await;
    let (output, charts) = capture
        .finish()
        .await
        .map_err(|error| ToolError::of_output(&error))?;
    Ok(Ended::With {
        exit_code,
        output,
        charts,
    })
}

/// An output while it grows.
struct Capture {
    output: Output,
    artifacts: Option<Artifacts>,
}

impl Capture {
    async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(artifacts) = &mut self.artifacts else {
            return self.output.push(bytes).await;
        };
        let mut shown = Vec::with_capacity(bytes.len());
        artifacts.push(bytes, &mut shown);
        self.output.push(&shown).await
    }

    async fn finish(mut self) -> io::Result<(Output, Vec<Value>)> {
        let Some(artifacts) = self.artifacts else {
            return Ok((self.output, Vec::new()));
        };
        let mut shown = Vec::new();
        let charts = artifacts.finish(&mut shown);
        self.output.push(&shown).await?;
        Ok((self.output, charts))
    }
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
        timeout: limit(timeout),
        artifacts: None,
    })
}

/// A time limit in seconds; 0 is none.
fn limit(timeout_s: Option<u32>) -> Option<Duration> {
    let limited = timeout_s.filter(|seconds| *seconds > 0);
    limited.map(|seconds| Duration::from_secs(seconds.into()))
}

/// Waits until the shell has ended and its pipe is closed by everybody. When the time is up the
/// group is killed and the wait goes on: whoever left the group and still holds the pipe delays
/// the answer, and what was written is lost.
async fn follow(
    machine: &Machine,
    mut process: EngineProcess,
    command: String,
    timeout: Option<Duration>,
    mut capture: Capture,
) -> Result<(i32, Capture), ToolError> {
    let script = feed(process.stdin.take(), command);
    tokio::pin!(script);
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    let (mut fed, mut killed, mut closed) = (false, false, false);
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
                if !killed && let Err(error) = capture.push(&buffer[..count]).await {
                    // Nobody takes what it writes any more.
                    life::kill_group(&machine.sandbox, process.pid).await;
                    return Err(ToolError::of_output(&error));
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
                capture.output.clear();
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
    Ok((exit_code, capture))
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
    use crate::engine::SignalTarget::Group;
    let alive = machine
        .engine()
        .signal(Group(pid), libc::SIGCONT)
        .await
        .is_ok();
    if !alive {
        machine.sandbox.groups().retain(|leader| *leader != pid);
    }
}
