//! Envelopes of the Connect protocol: flag, length, message (contract 3.1).

use axum::body::{Body, BodyDataStream};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::StreamExt;

use crate::standin::e2b::error::{Code, RpcError};

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
}

impl FrameReader {
    /// Reads from the start of a body.
    pub(crate) fn new(body: Body) -> Self {
        Self {
            body: body.into_data_stream(),
            buffer: BytesMut::new(),
        }
    }

    /// The next message; `None` at the end of the body.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, RpcError> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
            match self.body.next().await {
                Some(Ok(bytes)) => self.buffer.extend_from_slice(&bytes),
                Some(Err(error)) => {
                    let text = format!("protocol error: {error}");
                    return Err(RpcError::new(Code::Unknown, text));
                }
                None if self.buffer.is_empty() => return Ok(None),
                None => {
                    let text = "protocol error: incomplete envelope: unexpected EOF";
                    return Err(RpcError::invalid(text));
                }
            }
        }
    }

    fn take(&mut self) -> Result<Option<Bytes>, RpcError> {
        let Some(prefix) = self.buffer.get(..PREFIX_BYTES) else {
            return Ok(None);
        };
        let flags = prefix[0];
        let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MESSAGE_BYTES_MAX {
            let text = format!("message size {length} is larger than {MESSAGE_BYTES_MAX}");
            return Err(RpcError::new(Code::ResourceExhausted, text));
        }
        if flags & COMPRESSED != 0 {
            let text = "the stand-in does not implement compressed messages";
            return Err(RpcError::unimplemented(text));
        }
        if flags != 0 {
            let text = format!("protocol error: invalid envelope flags {flags}");
            return Err(RpcError::invalid(text));
        }
        if self.buffer.len() < PREFIX_BYTES + length {
            return Ok(None);
        }
        self.buffer.advance(PREFIX_BYTES);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
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
            let mut reader = FrameReader::new(body(pieces));
            for expected in ["one", "", "three"] {
                let message = reader.next().await.unwrap().unwrap();
                assert_eq!(message, expected.as_bytes());
            }
            assert_eq!(reader.next().await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_hostile_envelope_is_refused_before_it_is_read() {
        for (wire, code) in [
            (vec![0, 0xff, 0xff, 0xff, 0xff], Code::ResourceExhausted),
            (vec![1, 0, 0, 0, 1, 0], Code::Unimplemented),
            (vec![8, 0, 0, 0, 1, 0], Code::InvalidArgument),
            (vec![0, 0, 0, 0, 9, 1], Code::InvalidArgument),
        ] {
            let mut reader = FrameReader::new(body(vec![Bytes::from(wire)]));
            assert_eq!(reader.next().await.unwrap_err().code, code);
        }
    }
}
