//! Lines of a stream, of which long ones are known by their ends only.

/// Bytes of a line that are kept.
pub(crate) const LINE_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of the end of a longer line that are kept: a message's id may stand there.
const TAIL_BYTES: usize = 256;

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// The beginning and the end of one that is too long to keep.
    Cut {
        /// Its beginning.
        head: &'a [u8],
        /// Its end.
        tail: &'a [u8],
    },
}

/// Cuts a stream into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes, and hands on each line that they end.
    pub(super) fn push(&mut self, bytes: &[u8], mut line: impl FnMut(Line<'_>)) {
        let mut parts = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            self.keep(part);
            if parts.peek().is_some() {
                self.end(&mut line);
            }
        }
    }

    /// Hands on what has no end yet.
    pub(super) fn finish(&mut self, mut line: impl FnMut(Line<'_>)) {
        if !self.head.is_empty() {
            self.end(&mut line);
        }
    }

    fn keep(&mut self, part: &[u8]) {
        let room = LINE_BYTES_MAX - self.head.len();
        let (kept, rest) = part.split_at(part.len().min(room));
        self.head.extend_from_slice(kept);
        if rest.is_empty() {
            return;
        }
        let rest = &rest[rest.len().saturating_sub(TAIL_BYTES)..];
        self.tail.extend_from_slice(rest);
        let over = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..over);
    }

    fn end(&mut self, line: &mut impl FnMut(Line<'_>)) {
        if self.tail.is_empty() {
            line(Line::Whole(&self.head));
        } else {
            let (head, tail) = (&self.head, &self.tail);
            line(Line::Cut { head, tail });
        }
        self.head = Vec::new();
        self.tail = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_whatever_the_chunks() {
        let text = b"one\ntwo\n\nthree";
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let mut got = Vec::new();
            for chunk in text.chunks(size) {
                lines.push(chunk, |line| got.push(format!("{line:?}")));
            }
            lines.finish(|line| got.push(format!("{line:?}")));
            let wanted =
                ["one", "two", "", "three"].map(|it| format!("{:?}", Line::Whole(it.as_bytes())));
            assert_eq!(got, wanted, "{size}");
        }
    }

    #[test]
    fn a_long_line_takes_bounded_memory() {
        let mut lines = Lines::default();
        let chunk = vec![b'x'; 700_000];
        for _ in 0..20 {
            lines.push(&chunk, |_| panic!("no line has ended"));
            assert!(lines.head.capacity() <= 4 * LINE_BYTES_MAX);
            assert!(lines.tail.len() <= TAIL_BYTES);
        }
        let mut seen = 0;
        lines.push(b"end\nnext\n", |line| match line {
            Line::Cut { head, tail } => {
                assert_eq!((head.len(), tail.len()), (LINE_BYTES_MAX, TAIL_BYTES));
                assert!(tail.ends_with(b"xend"));
                seen += 1;
            }
            Line::Whole(line) => assert_eq!((line, seen), (&b"next"[..], 1)),
        });
        assert_eq!(seen, 1);
    }
}
