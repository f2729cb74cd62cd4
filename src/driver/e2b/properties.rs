//! What the reading of envelopes promises of any stream.

use crate::driver::e2b::frame::{Frame, FrameDecoder, FrameError};

/// Two bytes are the size of the pieces, the rest is the stream: in pieces it comes to the same as
/// whole, what is read stood in it, and nothing follows the trailer.
///
/// # Panics
/// When that does not hold.
pub fn frames(input: &[u8]) {
    let Some((size, stream)) = input.split_first_chunk::<2>() else {
        return;
    };
    let size = usize::from(u16::from_le_bytes(*size)).max(1);
    let (frames, error) = decode(stream, stream.len().max(1));
    let (cut, cut_error) = decode(stream, size);
    assert!(cut == frames, "in pieces of {size} it comes to another");
    assert_eq!(cut_error, error, "in pieces of {size}");
    let mut rest = stream;
    for (at, frame) in frames.iter().enumerate() {
        let (flag, payload) = match frame {
            Frame::Data(payload) => (0, payload),
            Frame::End(payload) => {
                assert_eq!(at + 1, frames.len(), "something follows the trailer");
                (2, payload)
            }
        };
        let length = u32::try_from(payload.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes();
        let wire = [&[flag], &length[..], payload].concat();
        assert!(rest.starts_with(&wire), "it reads what is not there");
        rest = &rest[wire.len()..];
    }
}

fn decode(stream: &[u8], size: usize) -> (Vec<Frame>, Option<FrameError>) {
    let mut decoder = FrameDecoder::default();
    let mut frames = Vec::new();
    for piece in stream.chunks(size) {
        decoder.push(piece);
        loop {
            match decoder.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}
