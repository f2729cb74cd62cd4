//! Takes apart the multipart answer of a bulk download as it arrives.

use std::io;

use bytes::{Buf, BytesMut};

/// Bytes of one part's headers; Daytona's hold a path twice.
const HEADERS_BYTES_MAX: usize = 64 * 1024;

/// Something in the answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// A part begins; its name of `Content-Disposition`.
    Begin(&'a str),
    /// Bytes of the part.
    Data(&'a [u8]),
    /// The part ends.
    End,
}

/// Why an answer cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MultipartError {
    /// It is not multipart.
    #[error("{0}")]
    Syntax(&'static str),
    /// What was read could not be kept.
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Preamble,
    Headers,
    Body,
    End,
}

/// The parser. Holds one chunk, a delimiter and a part's headers at most.
#[derive(Debug)]
pub(crate) struct Multipart {
    delimiter: Vec<u8>,
    held: BytesMut,
    at: At,
}

impl Multipart {
    /// A parser for an answer of this content type.
    pub(crate) fn of(content_type: &str) -> Result<Self, MultipartError> {
        let is_multipart = content_type
            .get(..10)
            .is_some_and(|start| start.eq_ignore_ascii_case("multipart/"));
        let boundary = parameter(content_type, "boundary").filter(|_| is_multipart);
        let Some(boundary) = boundary.filter(|text| (1..=70).contains(&text.len())) else {
            return Err(MultipartError::Syntax("the answer is not multipart"));
        };
        // Every delimiter begins a line. The first may have no line before it, so one is put there.
        Ok(Self {
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            held: BytesMut::from(&b"\r\n"[..]),
            at: At::Preamble,
        })
    }

    /// Reads a chunk and hands on what it holds.
    pub(crate) fn push(
        &mut self,
        chunk: &[u8],
        sink: &mut dyn FnMut(Part<'_>) -> io::Result<()>,
    ) -> Result<(), MultipartError> {
        self.held.extend_from_slice(chunk);
        loop {
            let again = match self.at {
                At::Preamble | At::Body => self.pass_delimiter(sink)?,
                At::Headers => self.headers(sink)?,
                At::End => {
                    self.held.clear();
                    false
                }
            };
            if !again {
                return Ok(());
            }
        }
    }

    /// Whether the closing delimiter came.
    pub(crate) fn finish(&self) -> Result<(), MultipartError> {
        if self.at == At::End {
            return Ok(());
        }
        Err(MultipartError::Syntax(
            "the answer ends without its closing boundary",
        ))
    }

    /// Hands on what lies before the next delimiter. True when the state has changed.
    fn pass_delimiter(
        &mut self,
        sink: &mut dyn FnMut(Part<'_>) -> io::Result<()>,
    ) -> Result<bool, MultipartError> {
        loop {
            let Some(found) = find(&self.held, &self.delimiter) else {
                let safe = (self.held.len() + 1).saturating_sub(self.delimiter.len());
                self.hand_on(safe, sink)?;
                return Ok(false);
            };
            self.hand_on(found, sink)?;
            let after = self.delimiter.len();
            let (Some(first), Some(second)) = (
                self.held.get(after).copied(),
                self.held.get(after + 1).copied(),
            ) else {
                return Ok(false);
            };
            match [first, second] {
                [b'-', b'-'] => {
                    self.end_part(sink)?;
                    self.at = At::End;
                    return Ok(true);
                }
                [b'\r', b'\n'] => {
                    self.end_part(sink)?;
                    // The line break stays: it ends an empty header block like any header.
                    self.held.advance(after);
                    self.at = At::Headers;
                    return Ok(true);
                }
                // The boundary's text goes on: it is content that looks alike.
                _ => self.hand_on(after, sink)?,
            }
        }
    }

    fn end_part(
        &mut self,
        sink: &mut dyn FnMut(Part<'_>) -> io::Result<()>,
    ) -> Result<(), MultipartError> {
        if self.at == At::Body {
            sink(Part::End)?;
        }
        Ok(())
    }

    fn hand_on(
        &mut self,
        bytes: usize,
        sink: &mut dyn FnMut(Part<'_>) -> io::Result<()>,
    ) -> Result<(), MultipartError> {
        if bytes > 0 && self.at == At::Body {
            sink(Part::Data(&self.held[..bytes]))?;
        }
        self.held.advance(bytes);
        Ok(())
    }

    fn headers(
        &mut self,
        sink: &mut dyn FnMut(Part<'_>) -> io::Result<()>,
    ) -> Result<bool, MultipartError> {
        let Some(end) = find(&self.held, b"\r\n\r\n") else {
            if self.held.len() > HEADERS_BYTES_MAX {
                return Err(MultipartError::Syntax("a part's headers do not end"));
            }
            return Ok(false);
        };
        let block = self.held.split_to(end + 4);
        let text = String::from_utf8_lossy(&block);
        let name = text.lines().find_map(|line| {
            let (header, value) = line.split_once(':')?;
            let wanted = header.trim().eq_ignore_ascii_case("content-disposition");
            wanted.then(|| parameter(value, "name")).flatten()
        });
        sink(Part::Begin(name.as_deref().unwrap_or_default()))?;
        self.at = At::Body;
        Ok(true)
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, rest) = wanted.split_first()?;
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first) {
        let start = from + at;
        if bytes[start + 1..].starts_with(rest) {
            return Some(start);
        }
        from = start + 1;
    }
    None
}

/// A parameter of a header's value, quoted or not.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value;
    while let Some(at) = rest.find(';') {
        rest = rest[at + 1..].trim_start();
        let Some((key, after)) = rest.split_once('=') else {
            break;
        };
        let (text, after) = if let Some(quoted) = after.strip_prefix('"') {
            unquoted(quoted)
        } else {
            let end = after.find(';').unwrap_or(after.len());
            (after[..end].trim().to_owned(), &after[end..])
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(text);
        }
        rest = after;
    }
    None
}

/// A quoted text up to its closing quote, and what follows it.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (text, &quoted[at + 1..]),
            '\\' => text.extend(letters.next().map(|(_, letter)| letter)),
            _ => text.push(letter),
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=DAYTONA-FILE-BOUNDARY";

    /// The parts of an answer: name and content.
    fn read(chunks: &[&[u8]]) -> Result<Vec<(String, Vec<u8>)>, MultipartError> {
        let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
        let mut open = false;
        let mut parser = Multipart::of(TYPE)?;
        for chunk in chunks {
            parser.push(chunk, &mut |part| {
                match part {
                    Part::Begin(name) => {
                        assert!(!open);
                        open = true;
                        parts.push((name.to_owned(), Vec::new()));
                    }
                    Part::Data(bytes) => parts.last_mut().unwrap().1.extend_from_slice(bytes),
                    Part::End => open = false,
                }
                Ok(())
            })?;
        }
        parser.finish()?;
        assert!(!open);
        Ok(parts)
    }

    fn answer(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (index, (name, content)) in parts.iter().enumerate() {
            let lead = if index == 0 { "" } else { "\r\n" };
            out.extend_from_slice(
                format!(
                    "{lead}--DAYTONA-FILE-BOUNDARY\r\nContent-Disposition: form-data; \
                     name=\"{name}\"; filename=\"/a;name=\\\"b\"\r\nContent-Length: 0\r\n\r\n"
                )
                .as_bytes(),
            );
            out.extend_from_slice(content);
        }
        out.extend_from_slice(b"\r\n--DAYTONA-FILE-BOUNDARY--\r\n");
        out
    }

    #[test]
    fn an_answer_without_its_closing_boundary_is_cut_short() {
        let whole = answer(&[("file", b"abc")]);
        for end in 0..whole.len() - 4 {
            assert!(read(&[&whole[..end]]).is_err(), "{end}");
        }
    }

    #[test]
    fn content_may_look_like_a_boundary() {
        let content = b"x\r\n--DAYTONA-FILE-BOUNDARYx\r\n--DAYTONA\r\n\r\n";
        let wire = answer(&[("file", content)]);
        for size in 1..wire.len() {
            let chunks: Vec<&[u8]> = wire.chunks(size).collect();
            assert_eq!(
                read(&chunks).unwrap(),
                [("file".to_owned(), content.to_vec())]
            );
        }
    }

    #[test]
    fn what_is_not_multipart_is_refused() {
        assert!(Multipart::of("application/json").is_err());
        assert!(Multipart::of("multipart/form-data").is_err());
        assert!(Multipart::of("multipart/form-data; boundary=\"\"").is_err());
        assert!(Multipart::of("Multipart/form-data; charset=x; boundary=\"a b\"").is_ok());
        let endless = vec![b'a'; HEADERS_BYTES_MAX + 200];
        assert!(read(&[b"--DAYTONA-FILE-BOUNDARY\r\n", &endless]).is_err());
    }

    proptest! {
        #[test]
        fn content_survives_any_cut(
            contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 1..4),
            size in 1_usize..50,
        ) {
            let parts: Vec<(&str, &[u8])> =
                contents.iter().map(|content| ("file", content.as_slice())).collect();
            let wire = answer(&parts);
            let chunks: Vec<&[u8]> = wire.chunks(size).collect();
            let back: Vec<Vec<u8>> =
                read(&chunks).unwrap().into_iter().map(|(_, content)| content).collect();
            prop_assert_eq!(back, contents);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 1_usize..40) {
            let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
            let _ = read(&chunks);
        }
    }
}
