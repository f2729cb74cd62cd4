//! JSON answers with texts of any length: spooled to a file when they are large, and escaped as they
//! are streamed out, so that no output lies in memory whole, and none on disk longer than it is.

use std::io;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};

use crate::daytona::escape::GoEscaper;
use crate::daytona::spool::{Holds, Spool};
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;

/// Tells how long the inside of a JSON string will be.
#[derive(Debug, Default)]
pub(super) struct Measure {
    escaper: GoEscaper,
    len: u64,
    piece: Vec<u8>,
}

impl Measure {
    /// Takes the next bytes of what will be escaped.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.escaper.push(bytes, &mut self.piece);
        self.count();
    }

    fn finish(mut self) -> u64 {
        self.escaper.finish(&mut self.piece);
        self.count();
        self.len
    }

    fn count(&mut self) {
        self.len += self.piece.len() as u64;
        self.piece.clear();
    }
}

/// The inside of a JSON string while it grows.
#[derive(Debug)]
pub(super) struct Output {
    measure: Measure,
    raw: Box<Spool>,
}

impl Output {
    /// An empty one.
    pub(super) fn new(machine: &Machine) -> Self {
        Self {
            measure: Measure::default(),
            raw: Box::new(machine.spool(Holds::Output)),
        }
    }

    /// Adds what a command wrote.
    pub(super) async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.measure.push(bytes);
        self.raw.push(bytes).await
    }

    /// Forgets what there is.
    pub(super) fn clear(&mut self) {
        self.measure = Measure::default();
        self.raw.clear();
    }

    /// The string that it has become.
    pub(super) async fn into_part(self) -> Result<Part, ToolError> {
        let kept = self.raw.keep().await;
        let kept = kept.map_err(|error| ToolError::of_output(&error))?;
        Ok(Part::of(self.measure, kept.stream()))
    }
}

/// A piece of a JSON text.
pub(super) enum Part {
    /// Written as it is.
    Text(String),
    /// Written as a string, with its quotes.
    String {
        /// Bytes between the quotes.
        len: u64,
        /// What is escaped.
        raw: BoxStream<'static, io::Result<Bytes>>,
    },
}

impl Part {
    /// A text that is written as it is.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// A string, of which all bytes have been measured.
    pub(super) fn of(measure: Measure, raw: BoxStream<'static, io::Result<Bytes>>) -> Self {
        let len = measure.finish();
        Self::String { len, raw }
    }
}

/// Escapes bytes as they come.
fn escape(
    raw: BoxStream<'static, io::Result<Bytes>>,
) -> impl Stream<Item = io::Result<Bytes>> + use<> {
    let raw = raw.map(Some).chain(stream::once(async { None }));
    let mut escaper = GoEscaper::default();
    raw.map(move |piece| {
        let mut text = Vec::new();
        match piece {
            Some(bytes) => escaper.push(&bytes?, &mut text),
            None => escaper.finish(&mut text),
        }
        Ok(Bytes::from(text))
    })
}

/// Answers with a JSON text made of parts.
pub(super) async fn answer(machine: &Machine, parts: Vec<Part>) -> Result<Response, ToolError> {
    let mut len = 0;
    let mut bodies = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => {
                len += text.len() as u64;
                bodies.push(Body::from(text));
            }
            Part::String { len: inside, raw } => {
                len += inside + 2;
                bodies.push(Body::from("\""));
                bodies.push(Body::from_stream(escape(raw)));
                bodies.push(Body::from("\""));
            }
        }
    }
    let bytes = stream::iter(bodies).flat_map(Body::into_data_stream);
    if machine.app.tamper.is_some() {
        // A planted difference needs the whole; only the self-test of the judge has one.
        let whole = bytes.map_ok(Vec::from).try_concat().await;
        let whole = whole.map_err(|error| ToolError::bare(error.to_string()))?;
        let whole = serde_json::from_slice(&whole);
        let whole = whole.map_err(|error| ToolError::bare(error.to_string()))?;
        return Ok(machine.json(StatusCode::OK, whole));
    }
    let mut response = Response::new(Body::from_stream(bytes));
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(len));
    Ok(response)
}
