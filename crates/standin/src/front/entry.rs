//! One request as the log tells it. Written when its answer has ended, however it ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use cutover_base::redact::Redactor;
use serde_json::{Map, Value};

use crate::fault::{Fault, FaultKind};
use crate::front::gate::Front;
use crate::front::path;

/// Characters of a client's name that are kept; names of SDKs are far shorter.
const AGENT_CHARS_MAX: usize = 200;

/// Characters of a sandbox's id that are kept; a client may send any that look like one.
const ID_CHARS_MAX: usize = 64;

/// Bytes of an answer in which the id of a new sandbox is looked for; both providers' are shorter.
const PEEK_BYTES_MAX: usize = 16 * 1024;

/// Requests without an answer that is longer than its announcement: they have no body at all.
const BODILESS: [StatusCode; 3] = [
    StatusCode::SWITCHING_PROTOCOLS,
    StatusCode::NO_CONTENT,
    StatusCode::NOT_MODIFIED,
];

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The client went away, or the stand-in stopped, before all was sent.
    Gone,
    /// All was sent.
    Complete,
    /// The stand-in itself broke off.
    Broken,
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Entry {
    front: Arc<Front>,
    /// Nothing to write when there is no log.
    line: Option<Line>,
}

#[derive(Debug)]
struct Line {
    at: String,
    began: Instant,
    method: Method,
    path: String,
    agent: Option<String>,
    sandbox: Option<String>,
    /// The field of the answer in which the new sandbox's id stands, and what came of the answer.
    made: Option<(&'static str, Vec<u8>)>,
    status: Option<StatusCode>,
    fault: Option<FaultKind>,
    bytes_in: Arc<AtomicU64>,
    bytes_out: u64,
    announced: Option<u64>,
    end: End,
}

impl Entry {
    /// Notes what a request asks for.
    pub(crate) fn begin(front: Arc<Front>, parts: &Parts) -> Self {
        let line = front.log.is_some().then(|| Line {
            at: front
                .wall
                .now()
                .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
                .to_string(),
            began: Instant::now(),
            method: parts.method.clone(),
            path: path::redacted(&parts.uri, &front.redactor),
            agent: agent(&parts.headers, &front.redactor),
            sandbox: front
                .wire
                .sandbox(parts)
                .map(|id| front.redactor.text(&id))
                .map(|id| id.chars().take(ID_CHARS_MAX).collect()),
            made: front
                .wire
                .made(&parts.method, parts.uri.path())
                .map(|field| (field, Vec::new())),
            status: None,
            fault: None,
            bytes_in: Arc::default(),
            bytes_out: 0,
            announced: None,
            end: End::Gone,
        });
        Self { front, line }
    }

    /// Where the bytes of the request's body are counted.
    pub(crate) fn bytes_in(&self) -> Arc<AtomicU64> {
        let counter = self.line.as_ref().map(|line| Arc::clone(&line.bytes_in));
        counter.unwrap_or_default()
    }

    /// Notes the head of the answer.
    pub(crate) fn answered(&mut self, status: StatusCode, fault: Option<&FaultKind>) {
        if let Some(line) = &mut self.line {
            line.status = Some(status);
            line.fault = fault.cloned();
        }
    }

    /// Notes how long the body will be, if that is known.
    pub(crate) fn announced(&mut self, bytes: Option<u64>) {
        if let Some(line) = &mut self.line {
            line.announced = bytes;
        }
    }

    /// Notes a piece of the body.
    pub(crate) fn sent(&mut self, data: &[u8]) {
        let Some(line) = &mut self.line else {
            return;
        };
        line.bytes_out += u64::try_from(data.len()).unwrap_or(u64::MAX);
        if let Some((_, seen)) = &mut line.made {
            let room = PEEK_BYTES_MAX.saturating_sub(seen.len());
            seen.extend_from_slice(&data[..data.len().min(room)]);
        }
    }

    /// Notes that the body has come to its end.
    pub(crate) fn completed(&mut self) {
        if let Some(line) = &mut self.line {
            line.end = End::Complete;
        }
    }

    /// Notes that the body has broken off.
    pub(crate) fn broke_off(&mut self) {
        if let Some(line) = &mut self.line {
            line.end = End::Broken;
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let (Some(line), Some(log)) = (self.line.take(), &self.front.log) {
            log.write(&line.json(self.front.wire.provider()).to_string());
        }
    }
}

impl Line {
    fn json(self, provider: &str) -> Value {
        let end = match self.ended() {
            End::Gone => "gone",
            End::Complete => "complete",
            End::Broken => "broken",
        };
        let status = self.status.filter(|_| !self.unseen());
        let duration_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let sandbox = self.sandbox.or_else(|| made(self.made.as_ref()?));
        let text = |value: Option<String>| value.map_or(Value::Null, Value::String);
        let fields = [
            ("at", Value::String(self.at)),
            ("provider", Value::from(provider)),
            ("method", Value::from(self.method.as_str())),
            ("path", Value::String(self.path)),
            ("status", status.map(|status| status.as_u16()).into()),
            ("end", Value::from(end)),
            ("bytes_in", self.bytes_in.load(Ordering::Relaxed).into()),
            ("bytes_out", self.bytes_out.into()),
            ("duration_ms", milliseconds(duration_us)),
            ("sandbox", text(sandbox)),
            ("user_agent", text(self.agent)),
            (
                "fault",
                text(self.fault.map(|kind| Fault::always(kind).to_string())),
            ),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        Value::Object(Map::from_iter(fields))
    }

    /// The server stops asking for a body when it has sent as much as was announced, and never
    /// asks for one that is not there; both look like a body that nobody wanted.
    fn ended(&self) -> End {
        let whole = self.announced == Some(self.bytes_out)
            || self.method == Method::HEAD
            || self.status.is_some_and(|status| BODILESS.contains(&status));
        match self.end {
            _ if self.unseen() => End::Broken,
            End::Gone if self.status.is_some() && whole => End::Complete,
            end => end,
        }
    }

    /// The connection was reset, so that the client saw no status.
    fn unseen(&self) -> bool {
        match self.fault {
            Some(FaultKind::Reset) => true,
            // An answer without a body has no middle to break off in; it is reset.
            Some(FaultKind::Truncate) => {
                self.status == Some(StatusCode::SERVICE_UNAVAILABLE) && self.bytes_out == 0
            }
            _ => false,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a duration that loses a microsecond is longer than two hundred years"
)]
fn milliseconds(us: u64) -> Value {
    Value::from(us as f64 / 1000.0)
}

fn made((field, seen): &(&'static str, Vec<u8>)) -> Option<String> {
    let answer: Value = serde_json::from_slice(seen).ok()?;
    let id = answer.get(field)?.as_str()?;
    Some(id.to_owned())
}

/// The SDK, as it names itself.
fn agent(headers: &HeaderMap, redactor: &Redactor) -> Option<String> {
    let name = headers.get(USER_AGENT)?.as_bytes();
    // First hidden, then cut: half a secret is none that can be known.
    let name = redactor.text(&String::from_utf8_lossy(name));
    Some(name.chars().take(AGENT_CHARS_MAX).collect())
}
