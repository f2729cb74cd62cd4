//! Bytes of unknown length on their way out: in memory while they are few, then in a file.

use std::io;

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;

/// Bytes kept in memory before a temporary file takes them: nearly every output is smaller, and
/// many requests at once stay within a few megabytes.
const MEMORY_BYTES_MAX: usize = 256 * 1024;

/// Pieces in which a file is sent.
const CHUNK_BYTES: usize = 64 * 1024;

/// A growing run of bytes. Its file, if any, has no name and vanishes with it.
#[derive(Debug, Default)]
pub(super) struct Spool {
    head: Vec<u8>,
    file: Option<File>,
    len: u64,
}

impl Spool {
    /// Adds bytes.
    ///
    /// # Errors
    /// When the temporary file cannot be made or written.
    pub(super) async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.len += bytes.len() as u64;
        if let Some(file) = &mut self.file {
            return file.write_all(bytes).await;
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() > MEMORY_BYTES_MAX {
            let mut file = File::from_std(tempfile::tempfile()?);
            file.write_all(&self.head).await?;
            self.head = Vec::new();
            self.file = Some(file);
        }
        Ok(())
    }

    /// Bytes so far.
    pub(super) const fn len(&self) -> u64 {
        self.len
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

    /// A body of these bytes.
    ///
    /// # Errors
    /// When the temporary file cannot be rewound.
    pub(super) async fn into_body(mut self) -> io::Result<Body> {
        let Some(file) = self.rewound().await? else {
            return Ok(Body::from(Bytes::from(self.head)));
        };
        let stream = ReaderStream::with_capacity(file, CHUNK_BYTES);
        Ok(Body::from_stream(stream.boxed()))
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

    #[tokio::test]
    async fn few_and_many_bytes_come_back_whole() {
        for count in [0usize, 10, MEMORY_BYTES_MAX, MEMORY_BYTES_MAX * 3 + 1] {
            let bytes: Vec<u8> = (0..=250).cycle().take(count).collect();
            for as_body in [false, true] {
                let mut spool = Spool::default();
                for piece in bytes.chunks(10_000) {
                    spool.push(piece).await.unwrap();
                }
                assert_eq!(spool.len(), count as u64);
                assert_eq!(spool.file.is_some(), count > MEMORY_BYTES_MAX);
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
            }
        }
    }
}
