//! `POST .../command/{cid}/input` (contract 2.4, 3.4).

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use tokio::io::AsyncWriteExt as _;

use crate::daytona::boot::Session;
use crate::daytona::life;
use crate::daytona::reply::empty;
use crate::daytona::toolbox::error::{ToolError, go_reason};
use crate::daytona::toolbox::fields::Fields;
use crate::daytona::toolbox::launch;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::session::reading;
use crate::engine::{ExitStatus, StdinMode};

/// How long the command may take to read what it was sent before the call gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Writes its standard input to the pipe of the command in the folder `$1` below the home folder,
/// and, when `$2` is `echo`, appends it to the log as a line of standard output. The command may
/// not have begun yet: the pipe is made here then, for a redirection would make a plain file.
const WRITER: &str = r#"d=$(cat; printf x); d=${d%x}; cd "$HOME/$1" || exit 1
[ ! -e exit_code ] || exit 1
mkfifo input.pipe 2>/dev/null || [ -p input.pipe ] || exit 1
printf %s "$d" >input.pipe || exit 1
[ "$2" != echo ] || printf '\001\001\001%s' "$d" >>output.log"#;

/// Sends a line to a running command.
pub(super) async fn send(
    machine: &Machine,
    session: &Session,
    id: &str,
    body: Body,
) -> Result<Response, ToolError> {
    let wrong = |text: String| ToolError::body(format!("invalid request body: {text}"));
    let fields = Fields::read("SessionSendInputRequest", body)
        .await
        .map_err(wrong)?;
    let mut data = fields.required("data", "Data").map_err(wrong)?;
    if session.exit.borrow().is_some() {
        return Err(ToolError::gone("session process has exited"));
    }
    let command = reading::look_up(machine, session, id).await?;
    if let Some(code) = command.exit_code {
        let text = format!("command has already completed with exit code {code}");
        return Err(ToolError::gone(text));
    }
    if !data.ends_with('\n') {
        data.push('\n');
    }
    let echo = if command.suppress_echo {
        "silent"
    } else {
        "echo"
    };
    write(machine, session, id, echo, data).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

async fn write(
    machine: &Machine,
    session: &Session,
    id: &str,
    echo: &str,
    data: String,
) -> Result<(), ToolError> {
    let folder = format!("{}/{id}", session.below_home);
    let failed = |text: &str| ToolError::Said {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: Some("INTERNAL_SERVER_ERROR"),
        message: format!("internal server error: failed to write to input pipe: {text}"),
    };
    let mut argv = ["/bin/sh", "-c", WRITER, "sh"].map(str::to_owned).to_vec();
    argv.extend([folder, echo.to_owned()]);
    let (env, cwd) = (machine.env(), "/".to_owned());
    let process = launch::spawn(machine, argv, env, cwd, StdinMode::Pipe).await;
    let mut process = process.map_err(|error| failed(&go_reason(&error)))?;
    let pid = process.pid;
    let work = async {
        if let Some(mut stdin) = process.stdin.take() {
            stdin.write_all(data.as_bytes()).await?;
            stdin.shutdown().await?;
        }
        let status = process.exit.wait_for(Option::is_some).await;
        std::io::Result::Ok(status.ok().and_then(|status| *status))
    };
    // Once the shell is gone nobody will ever open the pipe's other end.
    let mut shell = session.exit.clone();
    let ended = tokio::select! {
        ended = tokio::time::timeout(PATIENCE, work) => Some(ended),
        _ = shell.wait_for(Option::is_some) => None,
    };
    life::kill_group(&machine.sandbox, pid).await;
    machine.sandbox.groups().retain(|leader| *leader != pid);
    match ended {
        Some(Ok(Ok(Some(ExitStatus::Code(0))))) => Ok(()),
        Some(Ok(_)) => Err(failed("broken pipe")),
        Some(Err(_)) => Err(failed("nobody reads")),
        None => Err(ToolError::gone("session process has exited")),
    }
}
