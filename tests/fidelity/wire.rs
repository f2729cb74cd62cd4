//! Plain HTTP/1.1 over one connection per request: nothing is added to what the data says but
//! `Host` and the body's length, and nothing of the answer is changed.

use std::net::SocketAddr;

use axum::body::{Body, BodyDataStream};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::fill::{self, Captures};
use crate::format::Send;
use crate::{frames, multipart};

/// An answer whose head has come; dropping it closes the connection.
pub(crate) struct Open {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    stream: BodyDataStream,
    buffer: Vec<u8>,
    _connection: JoinSet<()>,
}

/// Sends a request and reads the head of the answer.
pub(crate) async fn send(
    addr: SocketAddr,
    request: &Send,
    captures: &Captures,
) -> Result<Open, String> {
    let request = build(addr, request, captures)?;
    let stream = TcpStream::connect(addr).await.map_err(text)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        // A broken connection shows where the answer is read.
        let _ = connection.await;
    });
    let response = sender.send_request(request).await.map_err(text)?;
    let (head, body) = response.into_parts();
    Ok(Open {
        status: head.status.as_u16(),
        headers: head.headers,
        stream: Body::new(body).into_data_stream(),
        buffer: Vec::new(),
        _connection: driver,
    })
}

fn build(addr: SocketAddr, wanted: &Send, captures: &Captures) -> Result<Request<Body>, String> {
    let mut builder = Request::builder()
        .method(wanted.method.as_str())
        .uri(fill::text(&wanted.path, captures)?);
    let mut content_type = None;
    for (name, value) in &wanted.headers {
        let value = fill::text(&fill::plain(value), captures)?;
        if name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()) {
            content_type = Some(value.clone());
        }
        builder = builder.header(name, value);
    }
    let boundary = content_type.as_deref().and_then(multipart::boundary);
    let boundary = boundary.unwrap_or(multipart::BOUNDARY);
    let bytes = body(wanted, boundary, captures)?;
    if wanted.multipart.is_some() && content_type.is_none() {
        let value = format!("multipart/form-data; boundary={boundary}");
        builder = builder.header(CONTENT_TYPE, value);
    }
    let named = builder
        .headers_ref()
        .is_some_and(|it| it.contains_key(HOST));
    if !named {
        builder = builder.header(HOST, addr.to_string());
    }
    builder.body(Body::from(bytes)).map_err(text)
}

fn body(wanted: &Send, boundary: &str, captures: &Captures) -> Result<Vec<u8>, String> {
    let mut bodies = Vec::new();
    if let Some(json) = &wanted.json {
        bodies.push(fill::json(json, captures)?.to_string().into_bytes());
    }
    if let Some(text) = &wanted.text {
        bodies.push(fill::text(text, captures)?.into_bytes());
    }
    if let Some(base64) = &wanted.base64 {
        bodies.push(STANDARD.decode(base64).map_err(text)?);
    }
    if let Some(frames) = &wanted.frames {
        bodies.push(frames::encode(frames, captures)?);
    }
    if let Some(parts) = &wanted.multipart {
        bodies.push(multipart::encode(parts, boundary, captures)?);
    }
    if let Some(repeat) = &wanted.repeat {
        bodies.push(
            fill::text(&repeat.text, captures)?
                .repeat(repeat.times)
                .into_bytes(),
        );
    }
    match bodies.len() {
        0 | 1 => Ok(bodies.pop().unwrap_or_default()),
        _ => Err("`send` says its body more than once".to_owned()),
    }
}

impl Open {
    /// Everything to the end of the body.
    pub(crate) async fn rest(&mut self) -> Result<Vec<u8>, String> {
        while let Some(chunk) = self.stream.next().await {
            let chunk = chunk.map_err(|error| {
                let so_far = frames::escaped(&self.buffer);
                format!("the answer broke off ({error}) after {so_far}")
            })?;
            self.buffer.extend_from_slice(&chunk);
        }
        Ok(std::mem::take(&mut self.buffer))
    }

    /// The next `count` envelopes, or all of them to the end.
    pub(crate) async fn frames(&mut self, count: Option<usize>) -> Result<Value, String> {
        let mut all = Vec::new();
        while count.is_none_or(|count| all.len() < count) {
            if let Some(frame) = frames::take(&mut self.buffer)? {
                all.push(frame);
                continue;
            }
            match self.stream.next().await {
                Some(Ok(chunk)) => self.buffer.extend_from_slice(&chunk),
                Some(Err(error)) => {
                    let so_far = Value::Array(all);
                    return Err(format!("the stream broke off ({error}) after {so_far}"));
                }
                None => break,
            }
        }
        if count.is_none() && !self.buffer.is_empty() {
            let left = frames::escaped(&self.buffer);
            return Err(format!("half an envelope at the end: {left}"));
        }
        Ok(Value::Array(all))
    }

    /// Status and headers, one per line.
    pub(crate) fn head(&self) -> String {
        let lines = self.headers.iter().map(|(name, value)| {
            let value = frames::escaped(value.as_bytes());
            format!("\n  {name}: {value}")
        });
        format!("{}{}", self.status, lines.collect::<String>())
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
