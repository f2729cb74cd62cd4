//! `gzip` both ways, in pieces (contract 4.2, 4.3).

use std::io;

use async_compression::tokio::bufread::{GzipDecoder, GzipEncoder};
use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio_util::io::{ReaderStream, StreamReader};

/// Bytes of a gzip header without its optional fields.
const HEADER_BYTES: usize = 10;

/// Compressed bytes up to which Go's server knows the length before it writes the headers.
const KNOWN_LENGTH_BYTES_MAX: usize = 2048;

/// A body being uploaded, as pieces.
pub(crate) type Pieces = std::pin::Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Compresses what is read. The length is known only of a short result.
pub(crate) async fn compressed(
    content: impl AsyncRead + Send + Unpin + 'static,
) -> io::Result<(Body, Option<u64>)> {
    let mut encoder = GzipEncoder::new(BufReader::new(content));
    let mut head = Vec::new();
    let limit = KNOWN_LENGTH_BYTES_MAX + 1;
    (&mut encoder)
        .take(limit as u64)
        .read_to_end(&mut head)
        .await?;
    if head.len() < limit {
        let length = head.len() as u64;
        return Ok((Body::from(head), Some(length)));
    }
    let whole = io::Cursor::new(head).chain(encoder);
    Ok((Body::from_stream(ReaderStream::new(whole)), None))
}

/// Decompresses an upload; several members one after the other are one content. The error is
/// that of Go's `gzip.NewReader`, which reads the header at once.
pub(crate) async fn decompressed(mut pieces: Pieces) -> Result<Pieces, String> {
    let mut head = Vec::new();
    while head.len() < HEADER_BYTES {
        match pieces.next().await {
            Some(Ok(bytes)) => head.extend_from_slice(&bytes),
            Some(Err(error)) => return Err(error.to_string()),
            None if head.is_empty() => return Err("EOF".to_owned()),
            None => return Err("unexpected EOF".to_owned()),
        }
    }
    if !head.starts_with(b"\x1f\x8b\x08") {
        return Err("gzip: invalid header".to_owned());
    }
    let head = futures_util::stream::iter([Ok(Bytes::from(head))]);
    let mut decoder = GzipDecoder::new(StreamReader::new(head.chain(pieces)));
    decoder.multiple_members(true);
    let content = ReaderStream::new(decoder).map_err(|error| in_gos_words(&error));
    Ok(Box::pin(content))
}

/// What Go's reader says of the same defect.
fn in_gos_words(error: &io::Error) -> io::Error {
    let text = error.to_string();
    let said = if error.kind() == io::ErrorKind::UnexpectedEof {
        "unexpected EOF"
    } else if text.contains("CRC") || text.contains("amount") {
        "gzip: invalid checksum"
    } else if text.contains("magic") || text.contains("header") {
        "gzip: invalid header"
    } else if text.contains("deflate") {
        // Go adds the offset, which is not known here.
        "flate: corrupt input"
    } else {
        text.as_str()
    };
    io::Error::new(error.kind(), said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    async fn pack(content: &[u8]) -> Vec<u8> {
        let content = io::Cursor::new(content.to_vec());
        let (body, length) = compressed(content).await.unwrap();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        if let Some(length) = length {
            assert_eq!(length, bytes.len() as u64);
        } else {
            assert!(bytes.len() > KNOWN_LENGTH_BYTES_MAX);
        }
        bytes.to_vec()
    }

    async fn unpack(bytes: &[u8], size: usize) -> Result<Vec<u8>, String> {
        let pieces: Vec<_> = bytes.chunks(size).map(Bytes::copy_from_slice).collect();
        let pieces = Box::pin(stream::iter(pieces.into_iter().map(Ok)));
        let mut content = decompressed(pieces).await?;
        let mut whole = Vec::new();
        while let Some(piece) = content.next().await {
            whole.extend_from_slice(&piece.map_err(|error| error.to_string())?);
        }
        Ok(whole)
    }

    #[tokio::test]
    async fn what_is_packed_is_unpacked_in_any_pieces() {
        let noise: Vec<u8> = (0..50_000_u32)
            .map(|n| ((n * n) >> 7).to_le_bytes()[0])
            .collect();
        for content in [&b""[..], b"short", &noise] {
            let packed = pack(content).await;
            for size in [1, 7, 100_000] {
                assert_eq!(unpack(&packed, size).await.as_deref(), Ok(content));
            }
            let mut twice = packed.clone();
            twice.extend_from_slice(&packed);
            let expected = [content, content].concat();
            assert_eq!(unpack(&twice, 100).await, Ok(expected));
        }
    }

    #[tokio::test]
    async fn a_defect_is_told_in_gos_words() {
        let packed = pack(b"some content that is long enough").await;
        let end = packed.len();
        let mut wrong_sum = packed.clone();
        wrong_sum[end - 8] ^= 1;
        for (bytes, expected) in [
            (&b""[..], "EOF"),
            (b"\x1f\x8b", "unexpected EOF"),
            (b"plain text, no gzip", "gzip: invalid header"),
            (&packed[..end - 12], "unexpected EOF"),
            (&wrong_sum, "gzip: invalid checksum"),
        ] {
            assert_eq!(unpack(bytes, 5).await, Err(expected.to_owned()));
        }
    }
}
