//! Lines from a stream of bytes, each of bounded length.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// What is read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Its text; bytes that are no UTF-8 have become U+FFFD.
    Text(String),
    /// It had more bytes than allowed and was passed over.
    TooLong,
}

/// The lines of a stream.
#[derive(Debug)]
pub(super) struct Lines<R> {
    read: R,
    /// What has been read and not yet given out.
    buffer: Vec<u8>,
    /// How much of `buffer` holds no line end.
    searched: usize,
    /// Inside a line that is too long.
    passing_over: bool,
    line_bytes_max: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) const fn new(read: R, line_bytes_max: usize) -> Self {
        Self {
            read,
            buffer: Vec::new(),
            searched: 0,
            passing_over: false,
            line_bytes_max,
        }
    }

    /// The next line; none at the end of the stream, where a line without an end is dropped.
    ///
    /// Nothing is lost when the future is dropped: what was read stays in the buffer.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            if let Some(line) = self.take() {
                return Ok(Some(line));
            }
            self.buffer.reserve(CHUNK_BYTES);
            if self.read.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// The first line of the buffer, if it has an end.
    fn take(&mut self) -> Option<Line> {
        let found = self.buffer[self.searched..]
            .iter()
            .position(|byte| *byte == b'\n');
        let Some(end) = found.map(|at| self.searched + at) else {
            self.searched = self.buffer.len();
            if self.searched > self.line_bytes_max {
                self.passing_over = true;
            }
            if self.passing_over {
                self.buffer = Vec::new();
                self.searched = 0;
            }
            return None;
        };
        let line = self.buffer.drain(..=end);
        let line = String::from_utf8_lossy(&line.as_slice()[..end]).into_owned();
        self.searched = 0;
        if std::mem::take(&mut self.passing_over) || end > self.line_bytes_max {
            return Some(Line::TooLong);
        }
        let text = line.strip_suffix('\r').map(str::to_owned);
        Some(Line::Text(text.unwrap_or(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(bytes: &[u8], max: usize) -> Vec<Line> {
        let mut lines = Lines::new(bytes, max);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            all.push(line);
        }
        all
    }

    fn text(text: &str) -> Line {
        Line::Text(text.to_owned())
    }

    #[tokio::test]
    async fn a_line_ends_with_its_line_end() {
        assert_eq!(
            lines(b"a\r\n\r\r\n\nb\ncut", 9).await,
            [text("a"), text("\r"), text(""), text("b")]
        );
        assert_eq!(
            lines(b"\xff\xe2\x82\n", 9).await,
            [text("\u{fffd}\u{fffd}")]
        );
    }

    #[tokio::test]
    async fn a_long_line_is_passed_over_and_the_next_is_read() {
        let mut bytes = vec![b'x'; 3 * CHUNK_BYTES];
        bytes.extend(b"\nnext\n");
        assert_eq!(lines(&bytes, 10).await, [Line::TooLong, text("next")]);
        assert_eq!(lines(b"0123456789\n", 10).await, [text("0123456789")]);
        assert_eq!(lines(b"0123456789a\n", 10).await, [Line::TooLong]);
    }
}
