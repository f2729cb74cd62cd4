//! Bodies that are counted as they pass, and tell their entry of the log how they ended.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};

use crate::front::entry::Entry;

/// A request's body: adds its bytes to a counter.
#[derive(Debug)]
pub(crate) struct CountedRequest {
    inner: Body,
    bytes: Arc<AtomicU64>,
}

impl CountedRequest {
    /// Counts a body into `bytes`.
    pub(crate) fn new(inner: Body, bytes: Arc<AtomicU64>) -> Self {
        Self { inner, bytes }
    }
}

impl HttpBody for CountedRequest {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.bytes.fetch_add(data_len(frame), Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// An answer's body: its entry is written when it ends or is dropped.
#[derive(Debug)]
pub(crate) struct CountedResponse {
    inner: Body,
    entry: Entry,
}

impl CountedResponse {
    /// Counts a body into its entry.
    pub(crate) fn new(inner: Body, entry: Entry) -> Self {
        Self { inner, entry }
    }
}

impl HttpBody for CountedResponse {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.entry.sent(data);
                }
            }
            Some(Err(_)) => self.entry.broke_off(),
            None => self.entry.completed(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn data_len(frame: &Frame<Bytes>) -> u64 {
    frame
        .data_ref()
        .map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX))
}
