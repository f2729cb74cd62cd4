//! Which request is which operation of a terminal (contract 2.4).

use std::sync::{Arc, PoisonError};

use axum::body::Body;
use axum::extract::ws::Message;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::SinkExt;
use serde_json::{Value, json};

use crate::daytona::boot::End;
use crate::daytona::boot::Pty;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::fields::Fields;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::pty::create::{self, Refused};
use crate::daytona::toolbox::pty::end::KILLED;
use crate::daytona::toolbox::pty::info::CELLS_MAX;
use crate::daytona::toolbox::pty::{client, run};
use crate::daytona::toolbox::socket;

const NOT_FOUND: &str = "PTY session not found";

/// Answers a request below `/process/pty`.
pub(in crate::daytona::toolbox) async fn answer(
    machine: &Machine,
    method: &str,
    rest: &[&str],
    body: Body,
) -> Result<Response, ToolError> {
    let memory = machine.sandbox.live.of(&machine.boot);
    match (method, rest) {
        ("POST", []) => {
            let made = match create::from_body(body).await {
                Ok(order) => create::make(machine, order).await,
                Err(refused) => Err(refused),
            };
            match made {
                Ok(pty) => {
                    let body = json!({"sessionId": pty.info().id});
                    Ok(machine.json(StatusCode::CREATED, body))
                }
                Err(refused) => Ok(create::refuse(machine, refused)),
            }
        }
        ("GET", []) => {
            let all: Vec<Value> = memory
                .ptys
                .all()
                .values()
                .map(|pty| pty.info().dto())
                .collect();
            Ok(machine.json(StatusCode::OK, json!({"sessions": all})))
        }
        ("GET", ["create-connect"]) => create_and_connect(machine).await,
        ("GET", [id, "connect"]) => connect(machine, id).await,
        ("POST", [id, "resize"]) => match resize(machine, id, body).await {
            Ok(info) => Ok(machine.json(StatusCode::OK, info)),
            Err(refused) => Ok(create::refuse(machine, refused)),
        },
        ("GET", [id]) => {
            let info = memory.ptys.get(id).map(|pty| pty.info().dto());
            match info {
                Some(info) => Ok(machine.json(StatusCode::OK, info)),
                None => Ok(not_found(machine)),
            }
        }
        ("DELETE", [id]) => delete(machine, id).await,
        _ => Err(ToolError::NoRoute),
    }
}

fn not_found(machine: &Machine) -> Response {
    create::refuse(machine, (StatusCode::NOT_FOUND, NOT_FOUND.to_owned()))
}

async fn create_and_connect(machine: &Machine) -> Result<Response, ToolError> {
    if !socket::is_wanted(&machine.asked) {
        return Err(ToolError::bad(
            "the client is not using the websocket protocol",
        ));
    }
    let made = match create::from_query(machine) {
        Ok(order) => create::make(machine, order).await,
        Err(refused) => Err(refused),
    };
    match made {
        Ok(pty) => attach(machine, pty).await,
        Err(refused) => Ok(create::refuse(machine, refused)),
    }
}

async fn attach(machine: &Machine, pty: Arc<Pty>) -> Result<Response, ToolError> {
    let shown = pty.watch();
    let exit_control = client::wants_exit_control(&machine.asked);
    socket::upgrade(machine, socket::INPUT_BYTES_MAX, move |socket| {
        client::attach(socket, pty, shown, exit_control)
    })
    .await
}

/// The daemon says over the websocket that there is no such terminal, and breaks it off.
async fn connect(machine: &Machine, id: &str) -> Result<Response, ToolError> {
    let memory = machine.sandbox.live.of(&machine.boot);
    let error = match memory.ptys.get(id) {
        None => format!("PTY session {id} not found"),
        Some(pty) => match run::begin(machine, &pty).await {
            Ok(()) => return attach(machine, pty).await,
            Err(error) => {
                memory.ptys.forget(&pty);
                format!("failed to start PTY session: {error}")
            }
        },
    };
    let error = format!("Failed to connect to PTY session: {error}");
    let message = json!({"type": "control", "status": "error", "error": error}).to_string();
    socket::upgrade(machine, socket::INPUT_BYTES_MAX, |mut socket| async move {
        // A client that is gone need not be told.
        let _ = socket.send(Message::Text(message.into())).await;
        let _ = SinkExt::close(&mut socket).await;
    })
    .await
}

async fn resize(machine: &Machine, id: &str, body: Body) -> Result<Value, Refused> {
    let bad = |text: String| (StatusCode::BAD_REQUEST, text);
    let fields = Fields::read("PTYResizeRequest", body).await.map_err(bad)?;
    let cells = |name: &str| {
        let number = fields.number(name).map_err(bad)?.unwrap_or(0);
        let number = u16::try_from(number).ok().filter(|n| *n <= CELLS_MAX);
        number.ok_or_else(|| bad(format!("{name} must be less than {CELLS_MAX}")))
    };
    let (cols, rows) = (cells("cols")?, cells("rows")?);
    let memory = machine.sandbox.live.of(&machine.boot);
    let pty = memory.ptys.get(id);
    let pty = pty.ok_or_else(|| (StatusCode::GONE, format!("PTY session {id} not found")))?;
    let failed = |text: String| (StatusCode::INTERNAL_SERVER_ERROR, text);
    let pid = *pty.pid.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(pid) = pid.filter(|_| pty.info().active) else {
        return Err(failed("cannot resize inactive PTY session".to_owned()));
    };
    let resized = machine.engine().resize(pid, cols, rows).await;
    resized.map_err(|error| failed(error.to_string()))?;
    let mut info = pty.info();
    (info.cols, info.rows) = (cols, rows);
    Ok(info.dto())
}

async fn delete(machine: &Machine, id: &str) -> Result<Response, ToolError> {
    let memory = machine.sandbox.live.of(&machine.boot);
    let removed = memory.ptys.all().shift_remove(id);
    let Some(pty) = removed else {
        return Ok(not_found(machine));
    };
    pty.killed.cancel();
    {
        // Whoever begins the shell just now has it begun, so that it can be killed.
        let _nobody_begins_it = pty.beginning.lock().await;
        let waiting = pty
            .typed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if waiting.is_some() {
            pty.tell_end(End { code: KILLED });
        }
    }
    // The sender is the terminal's own, so this waits for the word and for nothing else.
    let _ = pty.end.subscribe().wait_for(Option::is_some).await;
    Ok(machine.json(StatusCode::OK, json!({"message": "PTY session deleted"})))
}
