//! Envelopes of the Connect protocol: flag, length, message (contract 3.1).

use async_compression::tokio::bufread::GzipDecoder;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, HeaderName};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::io::AsyncReadExt;

use crate::e2b::error::{Code, RpcError};

/// Bytes of one message at most. envd has no limit; ours keeps memory bounded.
pub(crate) const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// The flag of the last envelope of a stream.
pub(crate) const END_STREAM: u8 = 0x02;

const COMPRESSED: u8 = 0x01;

/// Bytes before the message.
const PREFIX_BYTES: usize = 5;

/// One message in its envelope.
pub(crate) fn envelope(flags: u8, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(PREFIX_BYTES + message.len());
    frame.put_u8(flags);
    // Our own messages are a read's worth; a larger one than u32 holds cannot be built.
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}

/// Reads envelopes from a request's body as they arrive.
#[derive(Debug)]
pub(crate) struct FrameReader {
    body: BodyDataStream,
    buffer: BytesMut,
    packing: Packing,
    /// Whether the client has said that there is no more.
    ended: bool,
}

impl FrameReader {
    /// Reads from the start of a body whose compressed messages have this coding.
    pub(crate) fn new(body: Body, packing: Packing) -> Self {
        Self {
            body: body.into_data_stream(),
            buffer: BytesMut::new(),
            packing,
            ended: false,
        }
    }

    /// The next message; `None` at the end of the body, or when the client says that it is.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, RpcError> {
        loop {
            if self.ended {
                return Ok(None);
            }
            if let Some((flags, message)) = self.take()? {
                return self.open(flags, message).await;
            }
            match self.body.next().await {
                Some(Ok(bytes)) => self.buffer.extend_from_slice(&bytes),
                Some(Err(_)) => {
                    let text = "read enveloped message: unexpected EOF";
                    return Err(RpcError::new(Code::Unknown, text));
                }
                None => return self.cut_short(),
            }
        }
    }

    /// The body has ended: between two messages, or inside one.
    fn cut_short(&self) -> Result<Option<Bytes>, RpcError> {
        if self.buffer.is_empty() {
            return Ok(None);
        }
        let text = match self.buffer.get(..PREFIX_BYTES) {
            None => "protocol error: incomplete envelope: unexpected EOF".to_owned(),
            Some(prefix) => format!(
                "protocol error: promised {} bytes in enveloped message, got {} bytes",
                length(prefix),
                self.buffer.len() - PREFIX_BYTES
            ),
        };
        Err(RpcError::invalid(text))
    }

    /// Flags and content of the next envelope, if it is all there.
    fn take(&mut self) -> Result<Option<(u8, Bytes)>, RpcError> {
        let Some(prefix) = self.buffer.get(..PREFIX_BYTES) else {
            return Ok(None);
        };
        let (flags, length) = (prefix[0], length(prefix));
        if length > MESSAGE_BYTES_MAX {
            let text =
                format!("message size {length} is larger than configured max {MESSAGE_BYTES_MAX}");
            return Err(RpcError::new(Code::ResourceExhausted, text));
        }
        if self.buffer.len() < PREFIX_BYTES + length {
            return Ok(None);
        }
        self.buffer.advance(PREFIX_BYTES);
        Ok(Some((flags, self.buffer.split_to(length).freeze())))
    }

    async fn open(&mut self, flags: u8, message: Bytes) -> Result<Option<Bytes>, RpcError> {
        let packed = flags & COMPRESSED != 0 && !message.is_empty();
        let message = match (packed, self.packing) {
            (false, _) => message,
            (true, Packing::Gzip) => unpack(&message).await?,
            (true, Packing::None) => {
                let text = "protocol error: sent compressed message without compression support";
                return Err(RpcError::internal(text));
            }
        };
        if flags & END_STREAM != 0 {
            self.ended = true;
            return Ok(None);
        }
        if flags & !COMPRESSED != 0 {
            let text = format!("protocol error: invalid envelope flags {flags}");
            return Err(RpcError::internal(text));
        }
        Ok(Some(message))
    }
}

fn length(prefix: &[u8]) -> usize {
    let bytes = [prefix[1], prefix[2], prefix[3], prefix[4]];
    usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX)
}

/// The coding of compressed messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// There are none.
    None,
    /// `gzip`.
    Gzip,
}

impl Packing {
    /// Reads the header that names it.
    pub(crate) fn of(headers: &HeaderMap, name: &HeaderName) -> Result<Self, RpcError> {
        let given = headers.get(name).and_then(|value| value.to_str().ok());
        match given.unwrap_or_default() {
            "" | "identity" => Ok(Self::None),
            "gzip" => Ok(Self::Gzip),
            other => Err(RpcError::unimplemented(format!(
                "unknown compression {other:?}: supported encodings are gzip"
            ))),
        }
    }
}

/// Decompresses a message.
pub(crate) async fn unpack(message: &[u8]) -> Result<Bytes, RpcError> {
    let mut decoder = GzipDecoder::new(message);
    decoder.multiple_members(true);
    let mut whole = Vec::new();
    let limit = MESSAGE_BYTES_MAX as u64 + 1;
    let read = decoder.take(limit).read_to_end(&mut whole).await;
    read.map_err(|error| RpcError::invalid(format!("decompress: {error}")))?;
    if whole.len() > MESSAGE_BYTES_MAX {
        let text = format!("message is larger than configured max {MESSAGE_BYTES_MAX}");
        return Err(RpcError::new(Code::ResourceExhausted, text));
    }
    Ok(whole.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    fn body(pieces: Vec<Bytes>) -> Body {
        Body::from_stream(stream::iter(
            pieces.into_iter().map(Ok::<_, std::io::Error>),
        ))
    }

    #[tokio::test]
    async fn messages_come_whole_however_they_were_cut() {
        let mut wire = envelope(0, b"one").to_vec();
        wire.extend_from_slice(&envelope(0, b""));
        wire.extend_from_slice(&envelope(0, b"three"));
        for size in 1..wire.len() {
            let pieces = wire.chunks(size).map(Bytes::copy_from_slice).collect();
            let mut reader = FrameReader::new(body(pieces), Packing::None);
            for expected in ["one", "", "three"] {
                let message = reader.next().await.unwrap().unwrap();
                assert_eq!(message, expected.as_bytes());
            }
            assert_eq!(reader.next().await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_hostile_envelope_is_refused_before_it_is_read() {
        for (wire, code, text) in [
            (
                vec![0, 0xff, 0xff, 0xff, 0xff],
                Code::ResourceExhausted,
                "message size 4294967295 is larger than configured max 67108864",
            ),
            (
                vec![1, 0, 0, 0, 1, 0],
                Code::Internal,
                "protocol error: sent compressed message without compression support",
            ),
            (
                vec![8, 0, 0, 0, 1, 0],
                Code::Internal,
                "protocol error: invalid envelope flags 8",
            ),
            (
                vec![0, 0, 0],
                Code::InvalidArgument,
                "protocol error: incomplete envelope: unexpected EOF",
            ),
            (
                vec![0, 0, 0, 0, 9, 1],
                Code::InvalidArgument,
                "protocol error: promised 9 bytes in enveloped message, got 1 bytes",
            ),
        ] {
            let body = body(vec![Bytes::from(wire)]);
            let mut reader = FrameReader::new(body, Packing::None);
            let expected = RpcError::new(code, text);
            assert_eq!(reader.next().await.unwrap_err(), expected);
        }
    }

    #[tokio::test]
    async fn a_packed_message_is_opened_and_an_end_is_an_end() {
        // `gzip` of `{}`.
        let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xab\xae\x05\0C\xbf\xa6\xa3\x02\0\0\0";
        let mut wire = envelope(1, packed).to_vec();
        wire.extend_from_slice(&envelope(1, b""));
        wire.extend_from_slice(&envelope(END_STREAM, b"{}"));
        wire.extend_from_slice(&envelope(0, b"behind the end"));
        let mut reader = FrameReader::new(body(vec![wire.into()]), Packing::Gzip);
        assert_eq!(reader.next().await.unwrap().unwrap(), "{}");
        assert_eq!(reader.next().await.unwrap().unwrap(), "");
        assert_eq!(reader.next().await.unwrap(), None);
        assert_eq!(reader.next().await.unwrap(), None);
        let wrong = body(vec![envelope(1, b"plain")]);
        let mut reader = FrameReader::new(wrong, Packing::Gzip);
        let error = reader.next().await.unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
    }
}
