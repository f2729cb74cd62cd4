//! Bytes of unknown length on their way out: in memory while they are few, then in a file, as far
//! as the sandbox's disk has room.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;

use crate::engine::EngineSandbox;

/// Bytes kept in memory before a temporary file takes them: nearly every output is smaller, and
/// many requests at once stay within a few megabytes.
const MEMORY_BYTES_MAX: usize = 256 * 1024;

/// Bytes after which the sandbox's disk is looked at again.
const ASK_BYTES: u64 = 32 << 20;

/// Pieces in which a file is sent.
const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes that all spools of one sandbox have in files of the host: a command must not fill the
/// host's disk with what it could not write to its own.
#[derive(Debug, Default)]
pub(super) struct Spooled(Arc<AtomicU64>);

/// A part of [`Spooled`], given back when it is dropped.
#[derive(Debug)]
struct Taken {
    of: Arc<AtomicU64>,
    bytes: u64,
}

impl Taken {
    /// Takes more, if all together stay within `bytes_max`.
    fn more(&mut self, bytes: u64, bytes_max: u64) -> io::Result<()> {
        let enough = |taken: u64| taken.checked_add(bytes).filter(|all| *all <= bytes_max);
        self.of
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, enough)
            .map_err(|_| io::Error::from_raw_os_error(libc::ENOSPC))?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.of.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A growing run of bytes. Its file, if any, has no name and vanishes with it.
#[derive(Debug)]
pub(super) struct Spool {
    engine: Arc<dyn EngineSandbox>,
    head: Vec<u8>,
    file: Option<File>,
    len: u64,
    taken: Taken,
    /// What all spools of the sandbox may have: what its disk had free when this one was last
    /// seen to grow.
    bytes_max: u64,
    /// Length from which on that is asked anew.
    asked_until: u64,
}

impl Spool {
    /// An empty one, of a sandbox.
    pub(super) fn new(engine: &Arc<dyn EngineSandbox>, spooled: &Spooled) -> Self {
        Self {
            engine: Arc::clone(engine),
            head: Vec::new(),
            file: None,
            len: 0,
            taken: Taken {
                of: Arc::clone(&spooled.0),
                bytes: 0,
            },
            bytes_max: 0,
            asked_until: 0,
        }
    }

    /// Forgets what there is.
    pub(super) fn clear(&mut self) {
        (self.file, self.len, self.asked_until) = (None, 0, 0);
        self.head.clear();
        self.taken = Taken {
            of: Arc::clone(&self.taken.of),
            bytes: 0,
        };
    }

    /// Takes room for bytes of the file.
    async fn take(&mut self, bytes: usize) -> io::Result<()> {
        if self.len >= self.asked_until {
            let usage = self.engine.usage().await.map_err(io::Error::other)?;
            self.bytes_max = usage.disk_bytes_max.saturating_sub(usage.disk_bytes);
            self.asked_until = self.len + ASK_BYTES;
        }
        self.taken.more(bytes as u64, self.bytes_max)
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// `ENOSPC` when the sandbox's disk would be full; when the temporary file cannot be made or
    /// written.
    pub(super) async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.is_some() {
            self.take(bytes.len()).await?;
        }
        self.len += bytes.len() as u64;
        if let Some(file) = &mut self.file {
            return file.write_all(bytes).await;
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() > MEMORY_BYTES_MAX {
            self.take(self.head.len()).await?;
            let mut file = File::from_std(tempfile::tempfile()?);
            file.write_all(&self.head).await?;
            self.head = Vec::new();
            self.file = Some(file);
        }
        Ok(())
    }

    /// Everything in one piece; for a tamper that wants to see the whole.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub(super) async fn into_bytes(mut self) -> io::Result<Vec<u8>> {
        let Some(mut file) = self.rewound().await? else {
            return Ok(self.head);
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).await?;
        Ok(bytes)
    }

    /// Everything, piece by piece. Its room is given back when the stream is dropped.
    ///
    /// # Errors
    /// When the temporary file cannot be rewound.
    pub(super) async fn into_stream(mut self) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        let Some(file) = self.rewound().await? else {
            let head = std::mem::take(&mut self.head);
            return Ok(stream::once(async { Ok(Bytes::from(head)) }).boxed());
        };
        let pieces = ReaderStream::with_capacity(file, CHUNK_BYTES);
        let taken = self.taken;
        let kept = move |piece| {
            let _kept = &taken;
            piece
        };
        Ok(pieces.map(kept).boxed())
    }

    /// A body of these bytes.
    ///
    /// # Errors
    /// When the temporary file cannot be rewound.
    pub(super) async fn into_body(self) -> io::Result<Body> {
        Ok(Body::from_stream(self.into_stream().await?))
    }

    async fn rewound(&mut self) -> io::Result<Option<File>> {
        let Some(mut file) = self.file.take() else {
            return Ok(None);
        };
        file.flush().await?;
        file.rewind().await?;
        Ok(Some(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::process::ProcessEngine;
    use crate::engine::{Engine as _, Profile};

    async fn sandbox() -> Arc<dyn EngineSandbox> {
        let profile = Profile::litellm("spool");
        ProcessEngine::new().create(&profile).await.unwrap()
    }

    #[tokio::test]
    async fn few_and_many_bytes_come_back_whole() {
        let engine = sandbox().await;
        let spooled = Spooled::default();
        for count in [0usize, 10, MEMORY_BYTES_MAX, MEMORY_BYTES_MAX * 3 + 1] {
            let bytes: Vec<u8> = (0..=250).cycle().take(count).collect();
            for as_body in [false, true] {
                let mut spool = Spool::new(&engine, &spooled);
                for piece in bytes.chunks(10_000) {
                    spool.push(piece).await.unwrap();
                }
                let in_file = count > MEMORY_BYTES_MAX;
                assert_eq!(spool.file.is_some(), in_file);
                let taken = if in_file { count as u64 } else { 0 };
                assert_eq!(spooled.0.load(Ordering::Relaxed), taken);
                let back = if as_body {
                    let body = spool.into_body().await.unwrap();
                    axum::body::to_bytes(body, usize::MAX)
                        .await
                        .unwrap()
                        .to_vec()
                } else {
                    spool.into_bytes().await.unwrap()
                };
                assert!(back == bytes, "{count} bytes, body {as_body}");
                assert_eq!(spooled.0.load(Ordering::Relaxed), 0);
            }
        }
        engine.destroy().await;
    }

    #[test]
    fn all_spools_of_a_sandbox_have_one_room() {
        let spooled = Spooled::default();
        let taken = || Taken {
            of: Arc::clone(&spooled.0),
            bytes: 0,
        };
        let (mut first, mut second) = (taken(), taken());
        first.more(60, 100).unwrap();
        let full = second.more(41, 100).unwrap_err();
        assert_eq!(full.raw_os_error(), Some(libc::ENOSPC));
        second.more(40, 100).unwrap();
        drop(first);
        second.more(60, 100).unwrap();
        assert!(second.more(u64::MAX, u64::MAX).is_err());
    }
}
