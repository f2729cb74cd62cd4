//! Bytes of unknown length on their way out: in memory while they are few, then in a file, as far
//! as the sandbox's disk has room.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::engine::EngineSandbox;

/// Bytes kept in memory before a temporary file takes them: nearly every output is smaller, and
/// many requests at once stay within a few megabytes.
const MEMORY_BYTES_MAX: usize = 256 * 1024;

/// Bytes after which the sandbox's disk is looked at again.
const ASK_BYTES: u64 = 32 << 20;

/// Pieces in which a file is sent.
const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes that the spools of one sandbox have in files of the host: a command must not fill the
/// host's disk with what it could not write to its own.
#[derive(Debug, Default)]
pub(super) struct Spooled {
    /// Of outputs.
    outputs: Arc<AtomicU64>,
    /// Of logs.
    logs: Arc<AtomicU64>,
}

/// What a spool holds, and so how much room all of its kind have in one sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// What is nowhere else: they have what the sandbox's disk has free.
    Output,
    /// What lies on the sandbox's disk already: they have as much as that is large, so that one
    /// log always has room.
    Log,
}

/// A part of [`Spooled`], given back when it is dropped.
#[derive(Debug)]
struct Taken {
    of: Arc<AtomicU64>,
    bytes: u64,
}

impl Taken {
    /// Takes more, if all together stay within `bytes_max`; false if they do not.
    fn more(&mut self, bytes: u64, bytes_max: u64) -> bool {
        let enough = |taken: u64| taken.checked_add(bytes).filter(|all| *all <= bytes_max);
        let order = Ordering::Relaxed;
        let taken = self.of.fetch_update(order, order, enough).is_ok();
        self.bytes += if taken { bytes } else { 0 };
        taken
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
    holds: Holds,
    head: Vec<u8>,
    file: Option<File>,
    len: u64,
    taken: Taken,
    /// What all spools of its kind may have, as it was when this one was last seen to grow.
    bytes_max: u64,
    /// Length from which on that is asked anew.
    asked_until: u64,
}

impl Spool {
    /// An empty one, of a sandbox.
    pub(super) fn new(engine: &Arc<dyn EngineSandbox>, spooled: &Spooled, holds: Holds) -> Self {
        let of = match holds {
            Holds::Output => &spooled.outputs,
            Holds::Log => &spooled.logs,
        };
        Self {
            engine: Arc::clone(engine),
            holds,
            head: Vec::new(),
            file: None,
            len: 0,
            taken: Taken {
                of: Arc::clone(of),
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
            self.bytes_max = match self.holds {
                Holds::Output => usage.disk_bytes_max.saturating_sub(usage.disk_bytes),
                Holds::Log => usage.disk_bytes_max,
            };
            self.asked_until = self.len + ASK_BYTES;
        }
        if self.taken.more(bytes as u64, self.bytes_max) {
            return Ok(());
        }
        Err(match self.holds {
            Holds::Output => io::Error::from_raw_os_error(libc::ENOSPC),
            Holds::Log => io::Error::new(
                io::ErrorKind::QuotaExceeded,
                format!(
                    "the stand-in keeps at most {} bytes of a sandbox's logs for all answers \
                     that are under way; `follow=true` needs none",
                    self.bytes_max
                ),
            ),
        })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// Without room, `ENOSPC` for an output and `QuotaExceeded` for a log; when the temporary file
    /// cannot be made or written.
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

    /// Ends its growth.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub(super) async fn keep(self) -> io::Result<Kept> {
        let file = match self.file {
            Some(mut file) => {
                file.flush().await?;
                Some(Arc::new((file.into_std().await, self.taken)))
            }
            None => None,
        };
        let head = self.head.into();
        Ok(Kept { head, file })
    }
}

/// A run of bytes that grows no more. Its room is given back when it and its streams are dropped.
#[derive(Debug)]
pub(super) struct Kept {
    head: Bytes,
    file: Option<Arc<(std::fs::File, Taken)>>,
}

impl Kept {
    /// Everything from the start, piece by piece; as often as it is wanted.
    pub(super) fn stream(&self) -> BoxStream<'static, io::Result<Bytes>> {
        let Some(file) = &self.file else {
            let head = self.head.clone();
            return stream::once(async { Ok(head) }).boxed();
        };
        let pieces = stream::try_unfold((Arc::clone(file), 0), async |(file, at)| {
            let reader = Arc::clone(&file);
            let read = tokio::task::spawn_blocking(move || read_at(&reader.0, at));
            let piece = read.await.map_err(io::Error::other)??;
            let next = at + piece.len() as u64;
            Ok((!piece.is_empty()).then_some((piece, (file, next))))
        });
        pieces.boxed()
    }
}

/// The next piece of a file; an empty one at its end.
fn read_at(file: &std::fs::File, at: u64) -> io::Result<Bytes> {
    let mut piece = vec![0; CHUNK_BYTES];
    let count = file.read_at(&mut piece, at)?;
    piece.truncate(count);
    Ok(piece.into())
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;
    use crate::engine::process::ProcessEngine;
    use crate::engine::{Engine as _, Profile};

    async fn sandbox() -> Arc<dyn EngineSandbox> {
        let profile = Profile::litellm("spool");
        ProcessEngine::new().create(&profile).await.unwrap()
    }

    fn taken(spooled: &Spooled) -> [u64; 2] {
        [&spooled.outputs, &spooled.logs].map(|of| of.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn few_and_many_bytes_come_back_whole_and_again() {
        let engine = sandbox().await;
        let spooled = Spooled::default();
        for count in [0usize, 10, MEMORY_BYTES_MAX, MEMORY_BYTES_MAX * 3 + 1] {
            let bytes: Vec<u8> = (0..=250).cycle().take(count).collect();
            for holds in [Holds::Output, Holds::Log] {
                let mut spool = Spool::new(&engine, &spooled, holds);
                for piece in bytes.chunks(10_000) {
                    spool.push(piece).await.unwrap();
                }
                let in_file = count > MEMORY_BYTES_MAX;
                assert_eq!(spool.file.is_some(), in_file);
                let room = if in_file { count as u64 } else { 0 };
                let expected = match holds {
                    Holds::Output => [room, 0],
                    Holds::Log => [0, room],
                };
                assert_eq!(taken(&spooled), expected);
                let kept = spool.keep().await.unwrap();
                let both = [kept.stream(), kept.stream()];
                drop(kept);
                assert_eq!(taken(&spooled), expected);
                for pieces in both {
                    let pieces: Vec<Bytes> = pieces.try_collect().await.unwrap();
                    assert!(pieces.concat() == bytes, "{count} bytes, {holds:?}");
                }
                assert_eq!(taken(&spooled), [0, 0]);
            }
        }
        engine.destroy().await;
    }

    #[test]
    fn all_spools_of_a_sandbox_have_one_room() {
        let spooled = Spooled::default();
        let taken = || Taken {
            of: Arc::clone(&spooled.logs),
            bytes: 0,
        };
        let (mut first, mut second) = (taken(), taken());
        assert!(first.more(60, 100));
        assert!(!second.more(41, 100));
        assert!(second.more(40, 100));
        drop(first);
        assert!(second.more(60, 100));
        assert!(!second.more(u64::MAX, u64::MAX));
    }
}
