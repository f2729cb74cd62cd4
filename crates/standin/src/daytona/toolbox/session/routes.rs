//! Which request is which operation of a session (contract 2.4).

use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::daytona::boot::Session;
use crate::daytona::reply::empty;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::fields::Fields;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::session::{entrypoint, exec, follow, input, logs, reading};
use crate::daytona::toolbox::socket;

const RESERVED: &str = "provided session ID is reserved and cannot be created/overridden";

/// Answers a request below `/process/session`.
pub(in crate::daytona::toolbox) async fn answer(
    machine: &Machine,
    method: &str,
    rest: &[&str],
    body: Body,
) -> Result<Response, ToolError> {
    match (method, rest) {
        ("POST", []) => create(machine, body).await,
        ("GET", []) => list(machine).await,
        ("POST", [sid, "exec"]) => exec::exec(machine, sid, body).await,
        ("DELETE", [entrypoint::ID]) => Err(ToolError::bad(RESERVED)),
        ("GET", [sid]) => {
            let session = find(machine, sid).await?;
            let shown = show(machine, &session).await?;
            Ok(machine.json(StatusCode::OK, shown))
        }
        ("DELETE", [sid]) => delete(machine, sid).await,
        ("GET", [entrypoint::ID, "logs"]) => {
            show_log(machine, entrypoint::ID, entrypoint::COMMAND).await
        }
        ("GET", [sid, "command", cid]) => {
            let session = find(machine, sid).await?;
            let shown = show_command(machine, &session, cid).await?;
            Ok(machine.json(StatusCode::OK, shown))
        }
        ("GET", [sid, "command", cid, "logs"]) => show_log(machine, sid, cid).await,
        ("POST", [sid, "command", cid, "input"]) => {
            let session = find(machine, sid).await?;
            input::send(machine, &session, cid, body).await
        }
        _ => Err(ToolError::NoRoute),
    }
}

/// The log of a command, in the way that the request asks for it.
async fn show_log(machine: &Machine, sid: &str, cid: &str) -> Result<Response, ToolError> {
    let session = find(machine, sid).await?;
    let follow = machine.asked.param("follow").as_deref() == Some("true");
    if socket::is_wanted(&machine.asked) {
        follow::over_socket(machine, session, cid, follow).await
    } else if follow {
        follow::as_stream(machine, session, cid).await
    } else {
        logs::of_command(machine, &session, cid).await
    }
}

async fn find(machine: &Machine, sid: &str) -> Result<Arc<Session>, ToolError> {
    if sid == entrypoint::ID {
        return entrypoint::session(machine).await;
    }
    let found = machine.sandbox.sessions().get(sid).cloned();
    found.ok_or_else(|| ToolError::not_found("session not found"))
}

async fn create(machine: &Machine, body: Body) -> Result<Response, ToolError> {
    let wrong = |text: String| ToolError::body(format!("invalid request body: {text}"));
    let fields = Fields::read("CreateSessionRequest", body)
        .await
        .map_err(wrong)?;
    let id = fields.required("sessionId", "SessionId").map_err(wrong)?;
    if id == entrypoint::ID {
        return Err(ToolError::bad(RESERVED));
    }
    let exists = || ToolError::conflict("session already exists");
    if machine.sandbox.sessions().contains_key(&id) {
        return Err(exists());
    }
    let session = Session::start(machine, id.clone()).await?;
    let taken = {
        let mut sessions = machine.sandbox.sessions();
        let taken = sessions.contains_key(&id);
        if !taken {
            sessions.insert(id, Arc::clone(&session));
        }
        taken
    };
    if taken {
        // Two calls made it at the same time; the other one was first.
        session.end(&machine.sandbox).await;
        return Err(exists());
    }
    Ok(empty(StatusCode::CREATED))
}

async fn list(machine: &Machine) -> Result<Response, ToolError> {
    let mut sessions: Vec<_> = machine.sandbox.sessions().values().cloned().collect();
    sessions.retain(|session| session.id != entrypoint::ID);
    let mut shown = Vec::with_capacity(sessions.len());
    for session in sessions {
        shown.push(show(machine, &session).await?);
    }
    Ok(machine.json(StatusCode::OK, Value::Array(shown)))
}

async fn delete(machine: &Machine, sid: &str) -> Result<Response, ToolError> {
    let removed = machine.sandbox.sessions().shift_remove(sid);
    let session = removed.ok_or_else(|| ToolError::not_found("session not found"))?;
    session.end(&machine.sandbox).await;
    let removed = machine
        .engine()
        .remove(&session.dir, true, machine.who())
        .await;
    match removed {
        Err(error) if error.errno() != Some(libc::ENOENT) => {
            Err(ToolError::of_file("unlinkat", &session.dir, &error))
        }
        _ => Ok(empty(StatusCode::NO_CONTENT)),
    }
}

async fn show(machine: &Machine, session: &Session) -> Result<Value, ToolError> {
    let ids: Vec<String> = session.commands().keys().cloned().collect();
    let mut commands = Vec::with_capacity(ids.len());
    for id in ids {
        commands.push(show_command(machine, session, &id).await?);
    }
    Ok(json!({"sessionId": session.id, "commands": commands}))
}

async fn show_command(machine: &Machine, session: &Session, id: &str) -> Result<Value, ToolError> {
    let command = reading::look_up(machine, session, id).await?;
    let mut shown = json!({"id": id, "command": command.text});
    if let (Some(code), Some(fields)) = (command.exit_code, shown.as_object_mut()) {
        fields.insert("exitCode".to_owned(), code.into());
    }
    Ok(shown)
}
