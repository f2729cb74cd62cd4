//! What the reading of envelopes promises of any body.

use axum::body::Body;
use bytes::Bytes;
use futures_util::{FutureExt as _, stream};

use crate::e2b::envd::frames::{FrameReader, Packing, envelope};
use crate::e2b::error::RpcError;

/// Two bytes are the size of the pieces, one is the packing, the rest is the body: in pieces it comes
/// to the same as whole, and what is read stood in it.
///
/// # Panics
/// When that does not hold.
pub fn envelopes(input: &[u8]) {
    let Some(([low, high, packing], body)) = input.split_first_chunk::<3>() else {
        return;
    };
    let size = usize::from(u16::from_le_bytes([*low, *high])).max(1);
    let packing = if packing & 1 == 0 {
        Packing::None
    } else {
        Packing::Gzip
    };
    let (messages, end) = read(body, body.len().max(1), packing);
    let (cut, cut_end) = read(body, size, packing);
    assert!(cut == messages, "in pieces of {size} it comes to another");
    assert_eq!(cut_end, end, "in pieces of {size}");
    if packing == Packing::None {
        let mut rest = body;
        for message in messages {
            // A packed message of no bytes is as good as one that is not packed.
            let plain = envelope(rest[0], &message);
            assert!(rest.starts_with(&plain), "it reads what is not there");
            rest = &rest[plain.len()..];
        }
    }
}

fn read(body: &[u8], size: usize, packing: Packing) -> (Vec<Bytes>, Option<RpcError>) {
    let pieces: Vec<_> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    let body = Body::from_stream(stream::iter(
        pieces.into_iter().map(Ok::<_, std::io::Error>),
    ));
    let mut reader = FrameReader::new(body, packing);
    let mut messages = Vec::new();
    loop {
        let next = reader.next().now_or_never();
        assert!(next.is_some(), "it waits, though all is there");
        match next {
            Some(Ok(Some(message))) => messages.push(message),
            Some(Err(error)) => return (messages, Some(error)),
            Some(Ok(None)) | None => return (messages, None),
        }
    }
}
