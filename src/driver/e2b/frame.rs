//! Envelopes of Connect streams: one byte of flags, four of length (big-endian), the payload.

use bytes::{Buf, Bytes, BytesMut};

/// envd reads at most 32 KiB at a time, so a message is some 45 KiB of JSON. A hundred times that
/// is no message of envd's.
pub(crate) const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;

const HEADER_BYTES: usize = 5;
const FLAG_COMPRESSED: u8 = 0x01;
const FLAG_END: u8 = 0x02;

/// One message of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A message.
    Data(Bytes),
    /// The trailer; nothing follows it.
    End(Bytes),
}

/// A stream that breaks the rules of envelopes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    /// Larger than any message of envd's.
    #[error("a message of {0} bytes; at most {FRAME_BYTES_MAX} are expected")]
    TooLarge(usize),
    /// A flag that was not asked for.
    #[error("flags {0:#04x}, which were not asked for")]
    Flags(u8),
    /// Bytes after the trailer.
    #[error("bytes after the end of the stream")]
    AfterEnd,
}

/// Takes a stream apart. Holds at most one message and one chunk.
#[derive(Debug, Default)]
pub(crate) struct FrameDecoder {
    held: BytesMut,
    ended: bool,
}

impl FrameDecoder {
    /// Adds bytes of the stream.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The next whole message, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.ended {
            return if self.held.is_empty() {
                Ok(None)
            } else {
                Err(FrameError::AfterEnd)
            };
        }
        if self.held.len() < HEADER_BYTES {
            return Ok(None);
        }
        let flags = self.held[0];
        let len = [self.held[1], self.held[2], self.held[3], self.held[4]];
        let len = usize::try_from(u32::from_be_bytes(len)).unwrap_or(usize::MAX);
        if flags & FLAG_COMPRESSED != 0 || flags & !FLAG_END != 0 {
            return Err(FrameError::Flags(flags));
        }
        if len > FRAME_BYTES_MAX {
            return Err(FrameError::TooLarge(len));
        }
        if self.held.len() < HEADER_BYTES + len {
            return Ok(None);
        }
        self.held.advance(HEADER_BYTES);
        let payload = self.held.split_to(len).freeze();
        if flags & FLAG_END != 0 {
            self.ended = true;
            return Ok(Some(Frame::End(payload)));
        }
        Ok(Some(Frame::Data(payload)))
    }
}

/// One data envelope.
pub(crate) fn envelope(payload: &[u8]) -> Bytes {
    let len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut out = Vec::with_capacity(HEADER_BYTES + payload.len());
    out.push(0);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(payload);
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(chunks: &[&[u8]]) -> Result<Vec<Frame>, FrameError> {
        let mut decoder = FrameDecoder::default();
        let mut frames = Vec::new();
        for chunk in chunks {
            decoder.push(chunk);
            while let Some(frame) = decoder.next()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    fn end(payload: &[u8]) -> Vec<u8> {
        let mut bytes = envelope(payload).to_vec();
        bytes[0] = FLAG_END;
        bytes
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        assert_eq!(decode(&[&[1, 0, 0, 0, 0]]), Err(FrameError::Flags(1)));
        assert_eq!(decode(&[b"<html>"]), Err(FrameError::Flags(b'<')));
        let huge = u32::try_from(FRAME_BYTES_MAX).unwrap() + 1;
        let mut header = vec![0];
        header.extend_from_slice(&huge.to_be_bytes());
        assert_eq!(
            decode(&[&header]),
            Err(FrameError::TooLarge(FRAME_BYTES_MAX + 1))
        );
        assert_eq!(decode(&[&end(b"{}"), b"x"]), Err(FrameError::AfterEnd));
    }

    #[test]
    fn a_stream_without_its_trailer_has_no_end_frame() {
        let cut = &end(b"{}")[..6];
        assert_eq!(
            decode(&[&envelope(b"a"), cut]),
            Ok(vec![Frame::Data("a".into())])
        );
    }

    proptest! {
        #[test]
        fn messages_survive_any_splitting(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8),
            size in 1_usize..64,
        ) {
            let mut wire = Vec::new();
            for message in &messages {
                wire.extend_from_slice(&envelope(message));
            }
            wire.extend_from_slice(&end(b"{}"));
            let chunks: Vec<&[u8]> = wire.chunks(size).collect();
            let mut expected: Vec<Frame> =
                messages.into_iter().map(|message| Frame::Data(message.into())).collect();
            expected.push(Frame::End("{}".into()));
            prop_assert_eq!(decode(&chunks), Ok(expected));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), size in 1_usize..40) {
            let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
            let _ = decode(&chunks);
        }
    }
}
