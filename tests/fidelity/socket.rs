//! A websocket conversation: what is sent goes first, then the answers are awaited in order.

use std::net::SocketAddr;

use axum::http::{HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message as Wire};

use crate::fill::{self, Captures};
use crate::format::{Close, Message, Socket};
use crate::{frames, matching};

type Connection = WebSocketStream<TcpStream>;

/// Holds a conversation; the error says what was wanted and everything that came.
pub(crate) async fn play(
    addr: SocketAddr,
    wanted: &Socket,
    captures: &Captures,
) -> Result<(), String> {
    let mut connection = open(addr, wanted, captures).await?;
    for message in &wanted.send {
        let message = outgoing(message, captures)?;
        connection.send(message).await.map_err(text)?;
    }
    let mut heard = Vec::new();
    let outcome = listen(&mut connection, wanted, captures, &mut heard).await;
    outcome.map_err(|why| format!("{why}\nmessages that came: {heard:#?}"))
}

async fn open(
    addr: SocketAddr,
    wanted: &Socket,
    captures: &Captures,
) -> Result<Connection, String> {
    let path = fill::text(&wanted.path, captures)?;
    let mut request = format!("ws://{addr}{path}")
        .into_client_request()
        .map_err(text)?;
    for (name, value) in &wanted.headers {
        let value = fill::text(&fill::plain(value), captures)?;
        let name = HeaderName::try_from(name).map_err(text)?;
        let value = HeaderValue::try_from(value).map_err(text)?;
        request.headers_mut().insert(name, value);
    }
    let stream = TcpStream::connect(addr).await.map_err(text)?;
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((connection, _)) => Ok(connection),
        Err(Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            let status = response.status();
            Err(format!("refused with {status}: {}", frames::escaped(body)))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn outgoing(message: &Message, captures: &Captures) -> Result<Wire, String> {
    match message {
        Message { text: Some(it), .. } => Ok(Wire::Text(fill::text(it, captures)?.into())),
        Message { json: Some(it), .. } => {
            Ok(Wire::Text(fill::json(it, captures)?.to_string().into()))
        }
        Message {
            base64: Some(it), ..
        } => Ok(Wire::Binary(STANDARD.decode(it).map_err(text)?.into())),
        Message {
            binary_text: Some(it),
            ..
        } => Ok(Wire::Binary(fill::text(it, captures)?.into_bytes().into())),
        _ => Err("a message has one of text, json, base64, binary_text".to_owned()),
    }
}

async fn listen(
    connection: &mut Connection,
    wanted: &Socket,
    captures: &Captures,
    heard: &mut Vec<String>,
) -> Result<(), String> {
    let mut closed = None;
    for (index, message) in wanted.answer.iter().enumerate() {
        // The last output before the end is all of it: where a terminal cuts it, nobody knows.
        let to_the_end = index + 1 == wanted.answer.len() && wanted.close.is_some();
        if let Some(pattern) = &message.binary_text {
            let pattern = fill::text(pattern, captures)?;
            closed = gather(connection, &pattern, to_the_end, heard).await?;
            continue;
        }
        let came = next(connection, heard).await?;
        match (message, came) {
            (Message { text: Some(it), .. }, Wire::Text(came)) => {
                matching::text(&fill::text(it, captures)?, &came)?;
            }
            (Message { json: Some(it), .. }, Wire::Text(came)) => {
                let came = serde_json::from_str(&came).map_err(text)?;
                matching::json("$", &fill::json(it, captures)?, &came)?;
            }
            (
                Message {
                    base64: Some(it), ..
                },
                Wire::Binary(came),
            ) => {
                matching::text(it, &STANDARD.encode(&came))?;
            }
            (wanted, came) => return Err(format!("wanted {wanted:?}, came {came:?}")),
        }
    }
    let Some(wanted) = &wanted.close else {
        return Ok(());
    };
    let came = match closed {
        Some(close) => close,
        None => next(connection, heard).await?,
    };
    check_close(wanted, &came, captures)
}

fn check_close(wanted: &Close, came: &Wire, captures: &Captures) -> Result<(), String> {
    let Wire::Close(frame) = came else {
        return Err(format!("wanted the end {wanted:?}, came {came:?}"));
    };
    let (code, reason) = frame
        .as_ref()
        .map_or((1005, ""), |it| (u16::from(it.code), it.reason.as_str()));
    if code != wanted.code {
        return Err(format!("wanted close code {}, came {code}", wanted.code));
    }
    matching::text(&fill::text(&wanted.reason, captures)?, reason)
}

/// Takes binary messages together until they fit, or to the end; returns the close it met.
async fn gather(
    connection: &mut Connection,
    pattern: &str,
    to_the_end: bool,
    heard: &mut Vec<String>,
) -> Result<Option<Wire>, String> {
    let mut all = Vec::new();
    loop {
        let so_far = String::from_utf8_lossy(&all).into_owned();
        if !to_the_end && !all.is_empty() && matching::text(pattern, &so_far).is_ok() {
            return Ok(None);
        }
        match next(connection, heard).await? {
            Wire::Binary(bytes) => all.extend_from_slice(&bytes),
            close @ Wire::Close(_) => {
                matching::text(pattern, &so_far)?;
                return Ok(Some(close));
            }
            other => return Err(format!("wanted {pattern:?}, came {other:?}")),
        }
    }
}

/// The next message that is no ping; keeps what came for a message.
async fn next(connection: &mut Connection, heard: &mut Vec<String>) -> Result<Wire, String> {
    loop {
        let message = connection.next().await;
        let message = message.ok_or("the connection ended")?.map_err(text)?;
        heard.push(message.to_string().escape_debug().to_string());
        if !message.is_ping() && !message.is_pong() {
            return Ok(message);
        }
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
