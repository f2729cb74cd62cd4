//! Bytes from one end to the other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::watch::Watch;

/// Bytes that are on their way at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// What is shown of what passes.
pub(super) type Look<'l> = (&'l Mutex<Watch>, fn(&mut Watch, &[u8]));

/// How passing came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// Nothing more came.
    All,
    /// Nobody takes it any more.
    Refused,
}

/// How far passing has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    bytes: AtomicU64,
    writing: AtomicBool,
}

impl Progress {
    /// Bytes that have passed.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether something is on its way that was not taken yet.
    pub(super) fn is_writing(&self) -> bool {
        self.writing.load(Ordering::Relaxed)
    }
}

/// Passes everything on, at the pace of whoever takes it. What passes is shown first, so that no
/// answer is seen before its question.
pub(super) async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    (watch, look): Look<'_>,
    progress: &Progress,
) -> Passed {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let Ok(count @ 1..) = from.read(&mut chunk).await else {
            return Passed::All;
        };
        let bytes = &chunk[..count];
        look(
            &mut watch.lock().unwrap_or_else(PoisonError::into_inner),
            bytes,
        );
        progress.writing.store(true, Ordering::Relaxed);
        let written = to.write_all(bytes).await.is_ok() && to.flush().await.is_ok();
        progress.writing.store(false, Ordering::Relaxed);
        progress.bytes.fetch_add(count as u64, Ordering::Relaxed);
        if !written {
            return Passed::Refused;
        }
    }
}
