//! A multipart body, read as it arrives with bounded memory (contract 4.3).
//!
//! It follows Go's `mime/multipart`: what it refuses, and in which words.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};

use crate::e2b::envd::files::disposition::{FormPart, read_part};

/// Bytes of a part's headers, and of what may stand before the first boundary.
const HEADERS_BYTES_MAX: usize = 64 * 1024;

/// Why a form cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// In Go's words.
    pub(crate) message: String,
}

impl Broken {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

/// A form being read.
#[derive(Debug)]
pub(crate) struct Form<S> {
    source: S,
    buffer: BytesMut,
    /// `\r\n--boundary`.
    delimiter: Vec<u8>,
    /// Whether the source has ended.
    ended: bool,
    place: Place,
}

/// Where in the body we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first boundary.
    Start,
    /// Inside a part's content.
    Content,
    /// Right behind a boundary.
    Boundary,
}

impl<S> Form<S>
where
    S: Stream<Item = std::io::Result<Bytes>> + Unpin,
{
    /// Reads a body with this boundary from its start.
    pub(crate) fn new(source: S, boundary: &str) -> Self {
        let mut delimiter = b"\r\n--".to_vec();
        delimiter.extend_from_slice(boundary.as_bytes());
        Self {
            source,
            // The first boundary has no line before it; with this it looks like the others.
            buffer: BytesMut::from(&b"\r\n"[..]),
            delimiter,
            ended: false,
            place: Place::Start,
        }
    }

    /// The next part, once the rest of the current one has been passed over.
    pub(crate) async fn next_part(&mut self) -> Result<Option<FormPart>, Broken> {
        let unexpected = || Broken::new("multipart: NextPart: EOF");
        match self.place {
            Place::Start => self.preamble().await?,
            Place::Content => while self.chunk().await.map_err(next_part)?.is_some() {},
            Place::Boundary => {}
        }
        self.need(2).await.map_err(next_part)?;
        if self.buffer.starts_with(b"--") {
            return Ok(None);
        }
        // Nothing but blanks may stand between a boundary and the end of its line.
        let line = self.until(b"\r\n").await.map_err(next_part)?;
        let line = line.ok_or_else(unexpected)?;
        if !line.trim_ascii().is_empty() {
            let text = String::from_utf8_lossy(&line).into_owned();
            return Err(Broken::new(format!(
                "multipart: expecting a new Part; got line {text:?}"
            )));
        }
        let mut part = FormPart::default();
        loop {
            let line = self.until(b"\r\n").await.map_err(next_part)?;
            let line = line.ok_or_else(unexpected)?;
            if line.is_empty() {
                break;
            }
            let line = String::from_utf8_lossy(&line).into_owned();
            let Some((name, value)) = line.split_once(':') else {
                return Err(Broken::new(format!(
                    "malformed MIME header: missing colon: {line:?}"
                )));
            };
            if name.eq_ignore_ascii_case("content-disposition") {
                part = read_part(value.trim());
            }
        }
        // The delimiter of an empty part may begin with the line end that closed its headers.
        let boundary = self.delimiter.len() - 2;
        self.need(boundary).await.map_err(next_part)?;
        if self.buffer.starts_with(&self.delimiter[2..]) {
            let mut rest = BytesMut::from(&b"\r\n"[..]);
            rest.extend_from_slice(&self.buffer);
            self.buffer = rest;
        }
        self.place = Place::Content;
        Ok(Some(part))
    }

    /// The next bytes of the current part; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            if self.place != Place::Content {
                return Ok(None);
            }
            if let Some(at) = find(&self.buffer, &self.delimiter) {
                if at > 0 {
                    return Ok(Some(self.buffer.split_to(at).freeze()));
                }
                // Behind the boundary stands a blank, a line end or the closing dashes.
                let length = self.delimiter.len();
                if self.buffer.len() <= length && !self.ended {
                    self.more().await?;
                    continue;
                }
                match self.buffer.get(length) {
                    Some(b' ' | b'\t' | b'\r' | b'\n' | b'-') => {
                        drop(self.buffer.split_to(length));
                        self.place = Place::Boundary;
                        return Ok(None);
                    }
                    // Content that only begins like the delimiter.
                    _ => return Ok(Some(self.buffer.split_to(length).freeze())),
                }
            }
            // The end of the buffer may be the start of a delimiter.
            let ready = (self.buffer.len() + 1).saturating_sub(self.delimiter.len());
            if ready > 0 {
                return Ok(Some(self.buffer.split_to(ready).freeze()));
            }
            if self.ended {
                return Err(Broken::new("unexpected EOF"));
            }
            self.more().await?;
        }
    }

    /// Passes over what stands before the first boundary, the boundary included.
    async fn preamble(&mut self) -> Result<(), Broken> {
        loop {
            if let Some(at) = find(&self.buffer, &self.delimiter) {
                drop(self.buffer.split_to(at + self.delimiter.len()));
                return Ok(());
            }
            if self.ended {
                return Err(Broken::new("multipart: NextPart: EOF"));
            }
            let keep = self.buffer.len().min(self.delimiter.len() - 1);
            let passed = self.buffer.len() - keep;
            drop(self.buffer.split_to(passed));
            self.more().await.map_err(next_part)?;
        }
    }

    /// What comes before `end`, which is passed over; `None` when the body ends first.
    async fn until(&mut self, end: &[u8]) -> Result<Option<Bytes>, Broken> {
        loop {
            if let Some(at) = find(&self.buffer, end) {
                let line = self.buffer.split_to(at).freeze();
                drop(self.buffer.split_to(end.len()));
                return Ok(Some(line));
            }
            if self.ended {
                return Ok(None);
            }
            if self.buffer.len() > HEADERS_BYTES_MAX {
                return Err(Broken::new("multipart: message too large"));
            }
            self.more().await?;
        }
    }

    async fn need(&mut self, bytes: usize) -> Result<(), Broken> {
        while self.buffer.len() < bytes && !self.ended {
            self.more().await?;
        }
        Ok(())
    }

    async fn more(&mut self) -> Result<(), Broken> {
        match self.source.next().await {
            Some(Ok(bytes)) => self.buffer.extend_from_slice(&bytes),
            Some(Err(error)) => return Err(Broken::new(error.to_string())),
            None => self.ended = true,
        }
        Ok(())
    }
}

fn next_part(broken: Broken) -> Broken {
    match broken.message.as_str() {
        "unexpected EOF" => Broken::new("multipart: NextPart: EOF"),
        message if message.starts_with("multipart: ") => broken,
        message => Broken::new(format!("multipart: NextPart: {message}")),
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let last = haystack.len().checked_sub(needle.len())?;
    let mut from = 0;
    while let Some(at) = haystack
        .get(from..=last)?
        .iter()
        .position(|it| *it == first)
    {
        let at = from + at;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    async fn read(body: &[u8], size: usize) -> (Vec<(FormPart, Vec<u8>)>, Option<String>) {
        let pieces: Vec<_> = body.chunks(size).map(Bytes::copy_from_slice).collect();
        let mut form = Form::new(stream::iter(pieces.into_iter().map(Ok)), "B");
        let mut parts: Vec<(FormPart, Vec<u8>)> = Vec::new();
        loop {
            match form.next_part().await {
                Ok(Some(part)) => parts.push((part, Vec::new())),
                Ok(None) => return (parts, None),
                Err(broken) => return (parts, Some(broken.message)),
            }
            loop {
                match form.chunk().await {
                    Ok(Some(bytes)) => parts.last_mut().unwrap().1.extend_from_slice(&bytes),
                    Ok(None) => break,
                    Err(broken) => return (parts, Some(broken.message)),
                }
            }
        }
    }

    fn contents(parts: &[(FormPart, Vec<u8>)]) -> Vec<(&str, &str, &[u8])> {
        parts
            .iter()
            .map(|(part, bytes)| {
                let file = part.filename.as_deref().unwrap_or_default();
                (part.name.as_str(), file, bytes.as_slice())
            })
            .collect()
    }

    #[tokio::test]
    async fn parts_come_whole_however_the_body_was_cut() {
        let body = b"preamble\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; \
                     filename=\"/a b\"\r\nContent-Type: text/plain\r\n\r\none\r\n--Bx\r\n--\r\r\n--B \
                     \r\ncontent-disposition: form-data; name=\"x\"\r\n\r\n\r\n--B\r\n\r\n--B--\r\nrest";
        for size in 1..=body.len() {
            let (parts, broken) = read(body, size).await;
            assert_eq!(broken, None, "{size}");
            let expected: [(&str, &str, &[u8]); 3] = [
                ("file", "/a b", b"one\r\n--Bx\r\n--\r"),
                ("x", "", b""),
                ("", "", b""),
            ];
            assert_eq!(contents(&parts), expected, "{size}");
        }
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_says_where() {
        let head = "--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";
        let long = format!("--B\r\n{}", "a".repeat(3 * HEADERS_BYTES_MAX));
        for (body, expected) in [
            (String::new(), "multipart: NextPart: EOF"),
            ("no boundary at all".to_owned(), "multipart: NextPart: EOF"),
            (
                "--B\r\nContent-Dispo".to_owned(),
                "multipart: NextPart: EOF",
            ),
            (format!("{head}content"), "unexpected EOF"),
            (format!("{head}content\r\n--B"), "unexpected EOF"),
            (
                format!("{head}content\r\n--B\r\n"),
                "multipart: NextPart: EOF",
            ),
            (
                "--B\r\nnothing\r\n\r\n".to_owned(),
                "malformed MIME header: missing colon: \"nothing\"",
            ),
            (long, "multipart: message too large"),
        ] {
            for size in [1, 7, 100_000] {
                let (_, broken) = read(body.as_bytes(), size).await;
                assert_eq!(broken.as_deref(), Some(expected), "{size}");
            }
        }
    }
}
