//! JSON answers with texts of any length: escaped as they come, spooled to a file when they are
//! large, and streamed out, so that no output lies in memory whole.

use std::io;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use crate::daytona::escape::GoEscaper;
use crate::daytona::spool::Spool;
use crate::daytona::toolbox::machine::Machine;

/// The inside of a JSON string while it grows.
#[derive(Debug, Default)]
pub(super) struct Output {
    escaper: GoEscaper,
    escaped: Spool,
    piece: Vec<u8>,
}

impl Output {
    /// Adds what a command wrote.
    pub(super) async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.escaper.push(bytes, &mut self.piece);
        self.escaped.push(&self.piece).await?;
        self.piece.clear();
        Ok(())
    }

    /// The whole, escaped.
    async fn finish(mut self) -> io::Result<Spool> {
        self.escaper.finish(&mut self.piece);
        self.escaped.push(&self.piece).await?;
        Ok(self.escaped)
    }
}

/// A piece of a JSON text.
#[derive(Debug)]
pub(super) enum Part {
    /// Written as it is.
    Text(String),
    /// Written as a string, with its quotes.
    Output(Output),
}

/// Answers with a JSON text made of parts.
pub(super) async fn answer(machine: &Machine, parts: Vec<Part>) -> io::Result<Response> {
    if machine.app.tamper.is_some() {
        // A planted difference needs the whole; only the self-test of the judge has one.
        let mut whole = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => whole.extend_from_slice(text.as_bytes()),
                Part::Output(output) => {
                    whole.push(b'"');
                    whole.extend(output.finish().await?.into_bytes().await?);
                    whole.push(b'"');
                }
            }
        }
        return Ok(machine.json(StatusCode::OK, serde_json::from_slice(&whole)?));
    }
    let mut len = 0;
    let mut bodies = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => {
                len += text.len() as u64;
                bodies.push(Body::from(text));
            }
            Part::Output(output) => {
                let spool = output.finish().await?;
                len += spool.len() + 2;
                bodies.push(Body::from(Bytes::from_static(b"\"")));
                bodies.push(spool.into_body().await?);
                bodies.push(Body::from(Bytes::from_static(b"\"")));
            }
        }
    }
    let bytes = stream::iter(bodies).flat_map(Body::into_data_stream);
    let mut response = Response::new(Body::from_stream(bytes));
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(len));
    Ok(response)
}
