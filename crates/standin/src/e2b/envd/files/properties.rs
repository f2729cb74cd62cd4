//! What the reading of forms promises of any body.

use bytes::Bytes;
use futures_util::{FutureExt as _, stream};

use crate::e2b::envd::files::disposition::FormPart;
use crate::e2b::envd::files::multipart::{Broken, Form};

/// Below the limit of a part's headers, which is looked at piece by piece.
const BODY_BYTES_MAX: usize = 60 * 1024;

/// Two bytes are the size of the pieces, the rest is the body, whose boundary is `B`: in pieces it
/// comes to the same as whole, and no part holds a boundary or more than the body.
///
/// # Panics
/// When that does not hold.
pub fn form(input: &[u8]) {
    let Some((size, body)) = input.split_first_chunk::<2>() else {
        return;
    };
    let size = usize::from(u16::from_le_bytes(*size)).max(1);
    let body = &body[..body.len().min(BODY_BYTES_MAX)];
    let (parts, broken) = read(body, body.len().max(1));
    let (cut, cut_broken) = read(body, size);
    assert!(cut == parts, "in pieces of {size}: {cut:?}, not {parts:?}");
    assert_eq!(cut_broken, broken, "in pieces of {size}");
    let mut total = 0;
    for (_, content) in &parts {
        total += content.len();
        for end in ["\r\n", "--", " "] {
            let boundary = format!("\r\n--B{end}");
            let mut found = content.windows(boundary.len());
            let found = found.any(|at| at == boundary.as_bytes());
            assert!(!found, "a part goes on behind its end");
        }
    }
    assert!(total <= body.len(), "more than there was");
}

type Parts = Vec<(FormPart, Vec<u8>)>;

fn read(body: &[u8], size: usize) -> (Parts, Option<Broken>) {
    let pieces: Vec<_> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    let reading = async {
        let mut form = Form::new(stream::iter(pieces.into_iter().map(Ok)), "B");
        let mut parts = Parts::new();
        loop {
            match form.next_part().await {
                Ok(Some(part)) => parts.push((part, Vec::new())),
                Ok(None) => return (parts, None),
                Err(broken) => return (parts, Some(broken)),
            }
            loop {
                match form.chunk().await {
                    Ok(Some(bytes)) => {
                        if let Some((_, content)) = parts.last_mut() {
                            content.extend_from_slice(&bytes);
                        }
                    }
                    Ok(None) => break,
                    Err(broken) => return (parts, Some(broken)),
                }
            }
        }
    };
    let read = reading.now_or_never();
    assert!(read.is_some(), "it waits, though all is there");
    read.unwrap_or_default()
}
