//! Bodies that go wrong: one that breaks off, one that dribbles.

use std::io;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderValue, Response};
use futures_util::{StreamExt, stream};

/// How long the second half of a chunk is held while it may be the last one of the answer. Long
/// enough that an answer's end is recognised, short against every client's patience.
const HOLD: Duration = Duration::from_millis(200);

/// Pieces of a dribbling answer that are waited for; the rest flows, so that the delay is bounded
/// to half a second.
const SLOW_PIECES: u32 = 50;

/// Bytes of one such piece: smaller than any message of either wire.
const SLOW_PIECE_BYTES: usize = 7;

/// Pause before each such piece.
const SLOW_PAUSE: Duration = Duration::from_millis(10);

/// Breaks the answer off: its last chunk loses its second half and the connection is cut, so that
/// the client sees a body shorter than announced. `None` for an answer without a body, which has
/// no middle.
pub(super) fn truncated(response: Response<Body>) -> Option<Response<Body>> {
    if response.body().size_hint().exact() == Some(0) {
        return None;
    }
    let (parts, body) = keep_length(response);
    let state = Truncating {
        inner: body.into_data_stream(),
        held: None,
        ended: false,
    };
    let body = stream::unfold(state, |mut state| async move {
        let piece = state.next().await?;
        Some((piece, state))
    });
    Some(Response::from_parts(parts, Body::from_stream(body)))
}

struct Truncating {
    inner: BodyDataStream,
    held: Option<Bytes>,
    ended: bool,
}

impl Truncating {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.ended {
            return None;
        }
        let next = match self.held.take() {
            None => self.inner.next().await,
            Some(held) => match tokio::time::timeout(HOLD, self.inner.next()).await {
                // The answer pauses but goes on (a background process): it is not the end.
                Err(_) => return Some(Ok(held)),
                Ok(Some(Ok(chunk))) => {
                    let (first, second) = halves(chunk);
                    self.held = Some(second);
                    return Some(Ok(Bytes::from([held, first].concat())));
                }
                Ok(end) => end,
            },
        };
        if let Some(Ok(chunk)) = next {
            let (first, second) = halves(chunk);
            self.held = Some(second);
            return Some(Ok(first));
        }
        self.ended = true;
        // The server writes what it has while the body pauses, and drops it when the body fails.
        tokio::task::yield_now().await;
        Some(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

fn halves(mut chunk: Bytes) -> (Bytes, Bytes) {
    let second = chunk.split_off(chunk.len() / 2);
    (chunk, second)
}

/// Lets the body arrive in small pieces with pauses; nothing is lost.
pub(super) fn dribbling(response: Response<Body>) -> Response<Body> {
    let (parts, body) = keep_length(response);
    let state = Dribbling {
        inner: body.into_data_stream(),
        rest: Bytes::new(),
        pieces: 0,
    };
    let body = stream::unfold(state, |mut state| async move {
        let piece = state.next().await?;
        Some((piece, state))
    });
    Response::from_parts(parts, Body::from_stream(body))
}

struct Dribbling {
    inner: BodyDataStream,
    rest: Bytes,
    pieces: u32,
}

impl Dribbling {
    async fn next(&mut self) -> Option<Result<Bytes, axum::Error>> {
        while self.rest.is_empty() {
            match self.inner.next().await? {
                Ok(chunk) => self.rest = chunk,
                Err(error) => return Some(Err(error)),
            }
        }
        if self.pieces == SLOW_PIECES {
            return Some(Ok(std::mem::take(&mut self.rest)));
        }
        self.pieces += 1;
        tokio::time::sleep(SLOW_PAUSE).await;
        let length = self.rest.len().min(SLOW_PIECE_BYTES);
        Some(Ok(self.rest.split_to(length)))
    }
}

/// Takes a response apart, and writes a known length into its headers: a stream in the body's
/// place has none of its own.
fn keep_length(response: Response<Body>) -> (axum::http::response::Parts, Body) {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts
            .headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    (parts, body)
}
