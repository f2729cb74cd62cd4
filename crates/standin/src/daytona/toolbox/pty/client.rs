//! One client of a terminal (contract 2.4).

use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::sync::mpsc;

use crate::daytona::asked::Asked;
use crate::daytona::boot::End;
use crate::daytona::boot::Pty;
use crate::daytona::toolbox::socket::{self, Incoming, Outgoing};

/// Subprotocol of clients that want the end told in a message as well.
const EXIT_CONTROL: &str = "X-Daytona-Pty-Exit-Control";

/// Whether a client wants the end told in a message as well.
pub(super) fn wants_exit_control(asked: &Asked) -> bool {
    socket::offered(asked)
        .iter()
        .any(|token| token == EXIT_CONTROL)
}

/// Why a conversation is over.
enum Over {
    /// The shell ended.
    Ended(End),
    /// The client went.
    Gone,
    /// The server ends it: code and reason.
    Closed(u16, &'static str),
}

/// Shows the terminal to a client and takes what it types, until either is done. `shown` was
/// opened before the client was told anything, so nothing is missed.
pub(super) async fn attach(
    socket: WebSocket,
    pty: Arc<Pty>,
    shown: mpsc::Receiver<Bytes>,
    exit_control: bool,
) {
    let (mut out, mut incoming) = socket.split();
    let connected = json!({"type": "control", "status": "connected"}).to_string();
    if out.send(Message::Text(connected.into())).await.is_err() {
        return;
    }
    let over = {
        let inputs = pty.inputs();
        let typing = take(&mut incoming, &inputs);
        let showing = show(&mut out, &pty, shown);
        tokio::select! {
            over = showing => over,
            over = typing => over,
        }
    };
    match over {
        Over::Ended(end) => {
            if exit_control {
                // A client that is gone need not be told; closing finds it out as well.
                let _ = out.send(Message::Text(end.control().into())).await;
            }
            socket::close(out, incoming, end.close_code(), end.close_reason()).await;
        }
        Over::Closed(code, reason) => {
            socket::close(out, incoming, code, reason.to_owned()).await;
        }
        Over::Gone => socket::until_gone(incoming).await,
    }
}

/// Shows until the terminal ends.
async fn show(out: &mut Outgoing, pty: &Pty, mut shown: mpsc::Receiver<Bytes>) -> Over {
    let mut end = pty.end.subscribe();
    let end = async move {
        end.wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|end| *end)
    };
    tokio::pin!(end);
    loop {
        let bytes = tokio::select! {
            biased;
            bytes = shown.recv() => bytes,
            end = &mut end => {
                let Some(end) = end else { return Over::Gone };
                // What was shown before the end is still in the queue.
                while let Ok(bytes) = shown.try_recv() {
                    if out.send(Message::Binary(bytes)).await.is_err() {
                        return Over::Gone;
                    }
                }
                return Over::Ended(end);
            }
        };
        let Some(bytes) = bytes else {
            return Over::Closed(socket::POLICY, "slow consumer");
        };
        if out.send(Message::Binary(bytes)).await.is_err() {
            return Over::Gone;
        }
    }
}

/// Takes keystrokes, in text or binary messages, until the client goes.
async fn take(incoming: &mut Incoming, inputs: &mpsc::Sender<Bytes>) -> Over {
    loop {
        let bytes = match incoming.next().await {
            Some(Ok(Message::Binary(bytes))) => bytes,
            Some(Ok(Message::Text(text))) => text.into(),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Close(_))) | None => return Over::Gone,
            Some(Err(error)) => return refused(&error),
        };
        if inputs.send(bytes).await.is_err() {
            // Nobody types any more. If it is the end, the one who shows will tell it.
            std::future::pending::<()>().await;
        }
    }
}

/// A message over the limit is told before the connection ends, as the daemon's library does.
fn refused(error: &axum::Error) -> Over {
    use std::error::Error as _;
    let too_big = error
        .source()
        .is_some_and(|source| source.to_string().contains("too long"));
    if too_big {
        return Over::Closed(axum::extract::ws::close_code::SIZE, "");
    }
    Over::Gone
}
