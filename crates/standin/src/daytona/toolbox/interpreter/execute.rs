//! `GET /process/interpreter/execute`: a websocket on which the client sends one order.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use axum::response::Response;
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::daytona::boot::Context;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::interpreter::run::{self, BEHIND_MAX, Job, Told};
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::socket::{self, Outgoing};

/// Bytes of an order; the daemon has no bound, and no code in earnest comes near.
const ORDER_BYTES_MAX: usize = 16 << 20;

/// Time limit of code that names none.
const TIMEOUT: Duration = Duration::from_secs(600);

/// The order as it is sent.
#[derive(Debug, Deserialize)]
struct Order {
    #[serde(default)]
    code: Option<String>,
    #[serde(rename = "contextId", default)]
    context_id: Option<String>,
    #[serde(default)]
    envs: Option<std::collections::BTreeMap<String, String>>,
    #[serde(default)]
    timeout: Option<i64>,
}

/// Why there is nothing to run: close code and reason.
type Refused = (u16, String);

/// Switches to the websocket.
pub(super) async fn answer(machine: &Machine) -> Result<Response, ToolError> {
    let shared = machine.clone();
    socket::upgrade(machine, ORDER_BYTES_MAX, |socket| talk(shared, socket)).await
}

async fn talk(machine: Machine, socket: WebSocket) {
    let (mut out, mut incoming) = socket.split();
    let order = loop {
        match incoming.next().await {
            Some(Ok(Message::Text(text))) => break Ok(text.into()),
            Some(Ok(Message::Binary(bytes))) => break Ok(bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_))) | None => return,
            Some(Err(_)) => {
                let text = "failed to read first message".to_owned();
                break Err((socket::PROTOCOL, text));
            }
        }
    };
    let job = order.and_then(|bytes| read(&machine, &bytes));
    let (context, job) = match job {
        Ok(job) => job,
        Err((code, reason)) => return socket::close(out, incoming, code, reason).await,
    };
    let (tell, told) = mpsc::channel(BEHIND_MAX);
    // The run goes on to its end when the client goes, but no longer than the boot.
    let (app, boot) = (Arc::clone(&machine.app), machine.boot.clone());
    app.tasks.background(async move {
        let run = run::run(&machine, &context, job, tell);
        boot.run_until_cancelled(run).await;
    });
    let end = {
        let gone = async {
            while let Some(Ok(message)) = incoming.next().await {
                if matches!(message, Message::Close(_)) {
                    break;
                }
            }
        };
        tokio::select! {
            end = pass_on(&mut out, told) => end,
            () = gone => None,
        }
    };
    match end {
        Some((code, reason)) => socket::close(out, incoming, code, reason).await,
        None => socket::until_gone(incoming).await,
    }
}

/// Passes on what is told, to the end; `None` when the client is gone.
async fn pass_on(out: &mut Outgoing, mut told: mpsc::Receiver<Told>) -> Option<Refused> {
    while let Some(told) = told.recv().await {
        match told {
            Told::Said(said) => {
                let text = said.to_string();
                out.send(Message::Text(text.into())).await.ok()?;
            }
            Told::End(code, reason) => return Some((code, short(reason))),
        }
    }
    None
}

fn read(machine: &Machine, bytes: &[u8]) -> Result<(Arc<Context>, Job), Refused> {
    let order: Order = serde_json::from_slice(bytes)
        .map_err(|_| (socket::PROTOCOL, "invalid JSON payload".to_owned()))?;
    let policy = |text: &str| (socket::POLICY, text.to_owned());
    let code = order.code.filter(|code| !code.is_empty());
    let code = code.ok_or_else(|| policy("code is required"))?;
    let timeout = match order.timeout {
        None => Some(TIMEOUT),
        Some(0) => None,
        Some(seconds) => Some(Duration::from_secs(
            u64::try_from(seconds)
                .map_err(|_| policy("timeout must be greater than or equal to 0"))?,
        )),
    };
    let memory = machine.sandbox.live.of(&machine.boot);
    let context = match order.context_id {
        None => memory.contexts.default_of(machine),
        Some(id) => {
            let found = memory.contexts.get(&id);
            found.ok_or_else(|| (socket::POLICY, short(format!("context not found: {id}"))))?
        }
    };
    let job = Job {
        code,
        envs: order.envs.unwrap_or_default(),
        timeout: timeout.map(|timeout| timeout.min(Duration::from_secs(u32::MAX.into()))),
    };
    Ok((context, job))
}

/// A close frame holds no more than 123 bytes of reason.
fn short(mut reason: String) -> String {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.truncate(end);
    reason
}
