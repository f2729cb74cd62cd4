//! The stream of events of an attached process (contract 3.2, 5.3, 5.4).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::e2b::envd::codec::Wire;
use crate::e2b::envd::frames::envelope;
use crate::e2b::envd::rpc::{self, TimeLimit};
use crate::e2b::error::RpcError;
use crate::e2b::process::ending::end_event;
use crate::e2b::process::live::{Chunk, Process};
use crate::e2b::reply::{Route, respond};

/// A client attached to a process.
pub(crate) struct Attachment {
    /// Where the request went.
    pub(crate) route: Route,
    /// How its messages are written.
    pub(crate) wire: Wire,
    /// Breaks when the sandbox is paused or killed.
    pub(crate) link: CancellationToken,
    /// The process.
    pub(crate) process: Arc<Process>,
    /// Its output from now on.
    pub(crate) chunks: mpsc::Receiver<Chunk>,
    /// The client's time limit.
    pub(crate) limit: TimeLimit,
    /// Silence after which a keepalive is sent.
    pub(crate) keepalive: Duration,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Start,
    Output,
    Trailer,
    Done,
}

/// What happened first.
enum Step {
    Broken,
    Late,
    Chunk(Chunk),
    End,
    Silence,
}

/// The streaming answer: each event is one envelope, written as soon as it is there.
pub(crate) fn response(attachment: Attachment) -> Response {
    let content_type = attachment.wire.content_type();
    let events = stream::unfold(
        (attachment, Phase::Start),
        |(mut attached, phase)| async move {
            let (frame, next) = attached.next(phase).await?;
            Some((frame, (attached, next)))
        },
    );
    respond(StatusCode::OK, content_type, Body::from_stream(events))
}

impl Attachment {
    async fn next(&mut self, phase: Phase) -> Option<(io::Result<Bytes>, Phase)> {
        match phase {
            Phase::Start if self.limit.has_passed() => Some(self.late()),
            Phase::Start => {
                let start = json!({"start": {"pid": self.process.pid}});
                Some((Ok(self.event(&start)), Phase::Output))
            }
            Phase::Output => Some(self.output().await),
            Phase::Trailer => Some((Ok(rpc::end_of_stream(&self.route, None)), Phase::Done)),
            Phase::Done => None,
        }
    }

    async fn output(&mut self) -> (io::Result<Bytes>, Phase) {
        let step = tokio::select! {
            biased;
            () = self.link.cancelled() => Step::Broken,
            () = self.limit.passed() => Step::Late,
            chunk = self.chunks.recv() => chunk.map_or(Step::End, Step::Chunk),
            () = tokio::time::sleep(self.keepalive) => Step::Silence,
        };
        match step {
            // The connection drops without a trailer, as when the machine is gone.
            Step::Broken => (Err(io::ErrorKind::ConnectionReset.into()), Phase::Done),
            Step::Late => self.late(),
            Step::Chunk(chunk) => {
                let data = json!({"data": {chunk.stream.field(): STANDARD.encode(&chunk.bytes)}});
                (Ok(self.event(&data)), Phase::Output)
            }
            Step::Silence => (Ok(self.event(&json!({"keepalive": {}}))), Phase::Output),
            Step::End => self.end(),
        }
    }

    /// The end event; a process that was killed by this stream's own limit has none (5.4).
    fn end(&mut self) -> (io::Result<Bytes>, Phase) {
        if self.limit.has_passed() {
            return self.late();
        }
        match self.process.ended() {
            Some(status) => {
                let end = json!({"end": end_event(status)});
                (Ok(self.event(&end)), Phase::Trailer)
            }
            None => (Err(io::ErrorKind::ConnectionReset.into()), Phase::Done),
        }
    }

    fn late(&mut self) -> (io::Result<Bytes>, Phase) {
        let error = RpcError::deadline();
        let frame = rpc::end_of_stream(&self.route, Some(&error));
        (Ok(frame), Phase::Done)
    }

    fn event(&self, event: &Value) -> Bytes {
        envelope(0, &self.wire.write(&self.route, json!({"event": event})))
    }
}
