//! JSON answers with texts of any length: spooled to a file when they are large, and escaped as they
//! are streamed out, so that no output lies in memory whole, and none on disk longer than it is.

use std::io;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use crate::daytona::escape::GoEscaper;
use crate::daytona::spool::Spool;
use crate::daytona::toolbox::machine::Machine;

/// The inside of a JSON string while it grows.
#[derive(Debug)]
pub(super) struct Output {
    /// Tells how long the text will be.
    escaper: GoEscaper,
    escaped_len: u64,
    raw: Box<Spool>,
    piece: Vec<u8>,
}

impl Output {
    /// An empty one.
    pub(super) fn new(machine: &Machine) -> Self {
        Self {
            escaper: GoEscaper::default(),
            escaped_len: 0,
            raw: Box::new(machine.spool()),
            piece: Vec::new(),
        }
    }

    /// Adds what a command wrote.
    pub(super) async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.escaper.push(bytes, &mut self.piece);
        self.escaped_len += self.piece.len() as u64;
        self.piece.clear();
        self.raw.push(bytes).await
    }

    /// Forgets what there is.
    pub(super) fn clear(&mut self) {
        (self.escaper, self.escaped_len) = (GoEscaper::default(), 0);
        self.raw.clear();
    }

    /// The length of the text.
    fn finish(&mut self) -> u64 {
        self.escaper.finish(&mut self.piece);
        self.escaped_len += self.piece.len() as u64;
        self.piece.clear();
        self.escaped_len
    }

    /// The text in one piece.
    async fn into_text(self) -> io::Result<Vec<u8>> {
        let (mut text, mut escaper) = (Vec::new(), GoEscaper::default());
        escaper.push(&self.raw.into_bytes().await?, &mut text);
        escaper.finish(&mut text);
        Ok(text)
    }

    /// The text, piece by piece.
    async fn into_stream(self) -> io::Result<impl Stream<Item = io::Result<Bytes>>> {
        let raw = self.raw.into_stream().await?.map(Some);
        let raw = raw.chain(stream::once(async { None }));
        let mut escaper = GoEscaper::default();
        Ok(raw.map(move |piece| {
            let mut text = Vec::new();
            match piece {
                Some(bytes) => escaper.push(&bytes?, &mut text),
                None => escaper.finish(&mut text),
            }
            Ok(Bytes::from(text))
        }))
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
                    whole.extend(output.into_text().await?);
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
            Part::Output(mut output) => {
                len += output.finish() + 2;
                bodies.push(Body::from(Bytes::from_static(b"\"")));
                bodies.push(Body::from_stream(output.into_stream().await?));
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
