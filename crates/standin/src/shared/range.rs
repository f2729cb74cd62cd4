//! Which bytes of a file a `Range` header asks for, as Go's `ServeContent` reads it.

/// A range: its first byte and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Where it begins.
    pub(crate) start: u64,
    /// How many bytes; none is possible.
    pub(crate) length: u64,
}

impl Span {
    /// Everything of a file of so many bytes.
    pub(crate) const fn whole(size: u64) -> Self {
        Self {
            start: 0,
            length: size,
        }
    }

    /// `Content-Range` of it.
    pub(crate) fn header(self, size: u64) -> String {
        let Self { start, length } = self;
        // A range of no bytes ends before it begins (sic).
        let last = (start + length).checked_sub(1);
        let last = last.map_or_else(|| "-1".to_owned(), |last| last.to_string());
        format!("bytes {start}-{last}/{size}")
    }
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RangeAsked {
    /// The whole file: no header, or one that is not worth a part.
    Whole,
    /// One part: 206 with its `Content-Range`.
    One(Span),
    /// These parts, in this order: 206 as `multipart/byteranges`.
    Several(Vec<Span>),
    /// Nothing of the file: 416, with the size.
    Outside,
    /// No range at all: 416 as well, without the size.
    Malformed,
}

impl RangeAsked {
    /// Reads a header for a file of `size` bytes; an empty one is none.
    pub(crate) fn read(header: &str, size: u64) -> Self {
        if header.is_empty() {
            return Self::Whole;
        }
        let Some(ranges) = header.strip_prefix("bytes=") else {
            return Self::Malformed;
        };
        let mut spans = Vec::new();
        let mut outside = false;
        for range in ranges.split(',').map(str::trim) {
            if range.is_empty() {
                continue;
            }
            match one(range, size) {
                One::Span(span) => spans.push(span),
                One::Outside => outside = true,
                One::Malformed => return Self::Malformed,
            }
        }
        if spans.is_empty() && outside && size > 0 {
            return Self::Outside;
        }
        // More than the file itself: an attack, or a client that knows no better.
        let total = spans
            .iter()
            .fold(0_u64, |sum, span| sum.saturating_add(span.length));
        if total > size {
            return Self::Whole;
        }
        match spans.as_slice() {
            // No part of an empty file; whoever asks for one gets what there is.
            [] => Self::Whole,
            [span] => Self::One(*span),
            _ => Self::Several(spans),
        }
    }
}

/// One of the ranges.
enum One {
    Span(Span),
    /// It begins behind the end.
    Outside,
    Malformed,
}

fn one(range: &str, size: u64) -> One {
    let Some((first, last)) = range.split_once('-') else {
        return One::Malformed;
    };
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        // Go refuses a second minus before it reads a number, for which `-0` would be one.
        let length = Some(last).filter(|it| !it.starts_with('-')).and_then(int64);
        return match length {
            Some(length) => One::Span(Span {
                start: size.saturating_sub(length),
                length: length.min(size),
            }),
            None => One::Malformed,
        };
    }
    let Some(start) = int64(first) else {
        return One::Malformed;
    };
    if start >= size {
        return One::Outside;
    }
    let end = if last.is_empty() {
        Some(size - 1)
    } else {
        int64(last)
    };
    match end {
        Some(end) if start <= end => One::Span(Span {
            start,
            length: end.min(size - 1) - start + 1,
        }),
        _ => One::Malformed,
    }
}

/// Go's `strconv.ParseInt` of a number that is not negative: a sign is taken, more than 63 bits are
/// not.
fn int64(text: &str) -> Option<u64> {
    text.parse::<i64>().ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// A header, a size, a status and the `Content-Range` of the answer or of each of its parts.
    type Answer = (String, u64, u16, Vec<String>);

    #[derive(Deserialize)]
    struct Recorded {
        answers: Vec<Answer>,
    }

    fn told(header: &str, size: u64) -> (u16, Vec<String>) {
        match RangeAsked::read(header, size) {
            RangeAsked::Whole => (200, vec![]),
            RangeAsked::One(span) => (206, vec![span.header(size)]),
            RangeAsked::Several(spans) => {
                assert!(spans.len() > 1, "{spans:?}");
                (206, spans.iter().map(|span| span.header(size)).collect())
            }
            RangeAsked::Outside => (416, vec![format!("bytes */{size}")]),
            RangeAsked::Malformed => (416, vec![]),
        }
    }

    #[test]
    fn ranges_are_read_as_go_reads_them() {
        let recorded: Recorded = serde_json::from_str(include_str!("range_answers.json")).unwrap();
        assert!(recorded.answers.len() > 200, "the record is whole");
        for (header, size, status, ranges) in recorded.answers {
            assert_eq!(
                told(&header, size),
                (status, ranges),
                "{header:?} of {size} bytes"
            );
        }
    }
}
