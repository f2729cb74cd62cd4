//! Reads what is left of a refused request, so that its client gets the answer.
//!
//! A client that is still writing when the server closes gets a broken pipe instead of the 401 or
//! 502 that was meant for it (the Python SDK sends its streams' requests chunked).

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// Bytes read of a refused request at most; who sends more gets the broken pipe.
const DRAIN_BYTES_MAX: usize = 1 << 20;

/// How long a refusal waits for the rest of its request at most.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(1);

/// Answers a request; when that is a refusal, reads the rest of the request first.
pub(crate) async fn drain_refused(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = SharedBody(Arc::new(Mutex::new(body.into_data_stream())));
    let inner = Request::from_parts(parts, Body::from_stream(body.clone()));
    let response = next.run(inner).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        // Either limit only means that the client may miss the answer.
        let _ = tokio::time::timeout(DRAIN_TIME_MAX, body.drain()).await;
    }
    response
}

/// A body that two can read from; what one has read the other does not see.
#[derive(Clone)]
struct SharedBody(Arc<Mutex<BodyDataStream>>);

impl SharedBody {
    fn lock(&self) -> MutexGuard<'_, BodyDataStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.lock().poll_next_unpin(context)
    }
}
