//! Reads what is left of a request that is answered, so that its client gets the answer.
//!
//! A client that is still writing when the server closes gets a broken pipe instead of the 401 or
//! 502 that was meant for it (the Python SDK sends its streams' requests chunked). Refusals of
//! streams are answers with 200, so no status tells them apart; whether the body has ended does.
//! Where it does not end, the answer says that the connection closes, or the client would send
//! its next request into it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use crate::e2b::proxy::PassedThrough;

/// Bytes read of an answered request at most; who sends more gets the broken pipe.
const DRAIN_BYTES_MAX: usize = 1 << 20;

/// How long an answer waits for the rest of its request at most.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(1);

/// Answers a request, after the rest of it has been read.
pub(crate) async fn drain_answered(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = SharedBody(Arc::new(Mutex::new(Reading {
        ended: body.is_end_stream(),
        stream: body.into_data_stream(),
    })));
    let inner = Request::from_parts(parts, Body::from_stream(body.clone()));
    let mut response = next.run(inner).await;
    // What an application inside answers, it may answer while it still reads.
    let ours = response.extensions().get::<PassedThrough>().is_none();
    if !ours || body.has_ended() {
        return response;
    }
    // Either limit only means that the client may miss the answer.
    let _ = tokio::time::timeout(DRAIN_TIME_MAX, body.clone().drain()).await;
    if !body.has_ended() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

/// A body that two can read from; what one has read the other does not see.
#[derive(Clone)]
struct SharedBody(Arc<Mutex<Reading>>);

struct Reading {
    stream: BodyDataStream,
    ended: bool,
}

impl SharedBody {
    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_ended(&self) -> bool {
        self.lock().ended
    }

    async fn drain(mut self) {
        let mut read = 0;
        while let Some(Ok(bytes)) = self.next().await {
            read += bytes.len();
            if read > DRAIN_BYTES_MAX {
                return;
            }
        }
    }
}

impl Stream for SharedBody {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut reading = self.lock();
        let polled = reading.stream.poll_next_unpin(context);
        // A body that failed has nothing more to give either.
        reading.ended |= matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }
}
