//! Bodies in AWS's own chunks: `SIZE[;chunk-signature=...]`, bytes, and at the end trailers. The
//! signatures of chunks are not looked at; that of the request was.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// Bytes of a line before a chunk; real ones have some hundred.
const LINE_BYTES_MAX: u64 = 4096;

/// The chunk that is being read.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    left: u64,
    begun: bool,
    ended: bool,
}

impl Chunks {
    /// Reads some bytes of the content; none at its end.
    ///
    /// # Errors
    /// When the body breaks off or is not in chunks.
    pub(super) async fn read(
        &mut self,
        from: &mut (impl AsyncBufRead + Unpin),
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        if self.left == 0 {
            if self.begun && !line(from).await?.is_empty() {
                return Err(broken("a chunk is longer than its size"));
            }
            let head = line(from).await?;
            let size = head.split(';').next().unwrap_or_default().trim();
            self.left = u64::from_str_radix(size, 16).map_err(|_| broken("a chunk has no size"))?;
            self.begun = true;
            if self.left == 0 {
                self.ended = true;
                // Trailers, and the empty line behind them.
                while !line(from).await?.is_empty() {}
                return Ok(0);
            }
        }
        let room = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let read = from.read(&mut buffer[..room]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// A line without its end; an empty one at the end of the body.
async fn line(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(LINE_BYTES_MAX)
        .read_until(b'\n', &mut bytes)
        .await?;
    if bytes.len() as u64 == LINE_BYTES_MAX {
        return Err(broken("the line before a chunk is too long"));
    }
    let text = String::from_utf8(bytes).map_err(|_| broken("a chunk has no size"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn decoded(body: &str) -> io::Result<String> {
        let (mut from, mut chunks) = (body.as_bytes(), Chunks::default());
        let (mut all, mut buffer) = (Vec::new(), [0; 4]);
        loop {
            let read = chunks.read(&mut from, &mut buffer).await?;
            if read == 0 {
                return Ok(String::from_utf8(all).unwrap());
            }
            all.extend_from_slice(&buffer[..read]);
        }
    }

    #[tokio::test]
    async fn chunks_are_joined() {
        for (body, expected) in [
            ("0\r\n\r\n", ""),
            (
                "5\r\nhello\r\nA;chunk-signature=ab\r\n, world...\r\n0\r\nx-amz-checksum-crc32:AA==\r\n\r\n",
                "hello, world...",
            ),
            (
                "3;chunk-signature=ab\r\na\r\n\r\n0;chunk-signature=ab\r\n",
                "a\r\n",
            ),
        ] {
            assert_eq!(decoded(body).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn what_is_not_in_chunks_is_refused() {
        let long = "1".repeat(5000);
        for body in [
            "",
            "hello\r\n",
            "5\r\nhel",
            "2\r\nhello\r\n0\r\n\r\n",
            &long,
        ] {
            assert!(decoded(body).await.is_err(), "{body}");
        }
    }
}
