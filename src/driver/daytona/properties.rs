//! What the reading of a bulk download promises of any answer.

use crate::driver::daytona::multipart::{Multipart, Part};

/// Below the limit of a part's headers, which is looked at piece by piece.
const ANSWER_BYTES_MAX: usize = 60 * 1024;

/// Two bytes are the size of the pieces, the rest is the answer, whose boundary is `B`: in pieces it
/// comes to the same as whole, parts begin and end in turn, and none holds a boundary or more than
/// the answer. The answer is a content type as well.
///
/// # Panics
/// When that does not hold.
pub fn multipart(input: &[u8]) {
    let Some((size, answer)) = input.split_first_chunk::<2>() else {
        return;
    };
    let _ = Multipart::of(&format!("multipart/{}", String::from_utf8_lossy(answer)));
    let size = usize::from(u16::from_le_bytes(*size)).max(1);
    let answer = &answer[..answer.len().min(ANSWER_BYTES_MAX)];
    let (parts, error) = read(answer, answer.len().max(1));
    let (cut, cut_error) = read(answer, size);
    assert!(cut == parts, "in pieces of {size}: {cut:?}, not {parts:?}");
    assert_eq!(cut_error, error, "in pieces of {size}");
    let mut total = 0;
    for (_, content) in &parts {
        total += content.len();
        for end in ["\r\n", "--"] {
            let boundary = format!("\r\n--B{end}");
            let mut found = content.windows(boundary.len());
            let found = found.any(|at| at == boundary.as_bytes());
            assert!(!found, "a part goes on behind its end");
        }
    }
    assert!(total <= answer.len(), "more than there was");
}

type Parts = Vec<(String, Vec<u8>)>;

fn read(answer: &[u8], size: usize) -> (Parts, Option<String>) {
    let mut parts = Parts::new();
    let mut open = false;
    let mut parser = match Multipart::of("multipart/form-data; boundary=B") {
        Ok(parser) => parser,
        Err(error) => return (parts, Some(error.to_string())),
    };
    for piece in answer.chunks(size) {
        let result = parser.push(piece, &mut |part| {
            assert_eq!(open, !matches!(part, Part::Begin(_)), "{part:?}");
            match part {
                Part::Begin(name) => {
                    open = true;
                    parts.push((name.to_owned(), Vec::new()));
                }
                Part::Data(bytes) => {
                    if let Some((_, content)) = parts.last_mut() {
                        content.extend_from_slice(bytes);
                    }
                }
                Part::End => open = false,
            }
            Ok(())
        });
        if let Err(error) = result {
            return (parts, Some(error.to_string()));
        }
    }
    let end = parser.finish();
    assert!(end.is_err() || !open, "the answer ends inside a part");
    (parts, end.err().map(|error| error.to_string()))
}
