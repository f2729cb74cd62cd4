//! `POST /process/session/{sid}/exec` (contract 2.4, 3.4).

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use uuid::Uuid;

use crate::daytona::boot::{Command, Session};
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::fields::Fields;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::session::version::Demux;
use crate::daytona::toolbox::session::{entrypoint, logs, reading};

/// How often a synchronous call looks for the exit code, as the daemon does.
const POLL: Duration = Duration::from_millis(50);

/// Runs a command in a session, or puts it there.
pub(super) async fn exec(machine: &Machine, sid: &str, body: Body) -> Result<Response, ToolError> {
    let wrong = |text: String| ToolError::body(format!("invalid request body: {text}"));
    let fields = Fields::read("SessionExecuteRequest", body)
        .await
        .map_err(wrong)?;
    let command = fields.text("command").map_err(wrong)?;
    let run_async =
        fields.flag("runAsync").map_err(wrong)? || fields.flag("async").map_err(wrong)?;
    let suppress_echo = fields.flag("suppressInputEcho").map_err(wrong)?;
    if command.trim().is_empty() {
        return Err(ToolError::body("command cannot be empty"));
    }
    if sid == entrypoint::ID {
        return Err(ToolError::bad(
            "can't execute command in entrypoint session",
        ));
    }
    // Every failure from here on is wrapped, which takes its class away.
    let session = machine.sandbox.sessions().get(sid).cloned();
    let Some(session) = session else {
        return Err(wrapped(&ToolError::not_found("session not found")));
    };
    let id = Uuid::new_v4().to_string();
    session.commands().insert(
        id.clone(),
        Command {
            text: command.clone(),
            suppress_echo,
            exit_code: None,
        },
    );
    session
        .put(machine, &id, &command, run_async)
        .await
        .map_err(|error| wrapped(&error))?;
    if run_async {
        let body = json!({
            "cmdId": id, "output": null, "stdout": null, "stderr": null, "exitCode": null,
        });
        return Ok(machine.json(StatusCode::ACCEPTED, body));
    }
    let exit_code = wait(machine, &session, &id)
        .await
        .map_err(|error| wrapped(&error))?;
    let demux = Demux::of(&machine.asked);
    logs::of_sync_command(machine, &session, &id, demux, exit_code).await
}

/// Waits for the exit code, for ever if the command has ended the shell.
async fn wait(machine: &Machine, session: &Arc<Session>, id: &str) -> Result<i32, ToolError> {
    loop {
        if let Some(code) = reading::look_up(machine, session, id).await?.exit_code {
            return Ok(code);
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            () = session.cancelled.cancelled() => {
                return Err(ToolError::bad("session cancelled"));
            }
        }
    }
}

fn wrapped(error: &ToolError) -> ToolError {
    match error {
        ToolError::Said { .. } => {
            ToolError::bare(format!("failed to execute command: {}", error.text()))
        }
        ToolError::Dead | ToolError::NoRoute => error.clone(),
    }
}
