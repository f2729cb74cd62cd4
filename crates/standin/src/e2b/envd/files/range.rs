//! Byte ranges of a file, as Go's `ServeContent` reads them (contract 4.2).

/// A range: its first byte and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Where it begins.
    pub(crate) start: u64,
    /// How many bytes.
    pub(crate) length: u64,
}

impl Span {
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
pub(crate) enum Wanted {
    /// The whole file: no header, or one that is not worth a part.
    Whole,
    /// These parts, in this order.
    Parts(Vec<Span>),
    /// Nothing of the file: 416.
    Outside,
    /// No range at all: 416 as well, without the size.
    Malformed,
}

/// Reads a `Range` header for a file of `size` bytes.
pub(crate) fn read(header: &str, size: u64) -> Wanted {
    if header.is_empty() {
        return Wanted::Whole;
    }
    let Some(ranges) = header.strip_prefix("bytes=") else {
        return Wanted::Malformed;
    };
    let mut parts = Vec::new();
    let mut outside = false;
    for range in ranges.split(',').map(str::trim) {
        if range.is_empty() {
            continue;
        }
        match one(range, size) {
            One::Part(span) => parts.push(span),
            One::Outside => outside = true,
            One::Malformed => return Wanted::Malformed,
        }
    }
    if parts.is_empty() {
        // An empty file has no part; a client that asks for one gets what there is.
        return if outside && size > 0 {
            Wanted::Outside
        } else {
            Wanted::Whole
        };
    }
    // More than the file itself: somebody plays, or knows no better.
    let total = parts
        .iter()
        .fold(0_u64, |sum, span| sum.saturating_add(span.length));
    if total > size {
        return Wanted::Whole;
    }
    Wanted::Parts(parts)
}

/// One of the ranges.
enum One {
    Part(Span),
    /// It begins behind the end.
    Outside,
    Malformed,
}

fn one(range: &str, size: u64) -> One {
    let number = |text: &str| -> Option<u64> { text.parse::<i64>().ok()?.try_into().ok() };
    let Some((first, last)) = range.split_once('-') else {
        return One::Malformed;
    };
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        return match number(last) {
            Some(length) => One::Part(Span {
                start: size.saturating_sub(length),
                length: length.min(size),
            }),
            None => One::Malformed,
        };
    }
    let Some(start) = number(first) else {
        return One::Malformed;
    };
    if start >= size {
        return One::Outside;
    }
    let end = if last.is_empty() {
        Some(size - 1)
    } else {
        number(last)
    };
    match end {
        Some(end) if start <= end => One::Part(Span {
            start,
            length: end.min(size - 1) - start + 1,
        }),
        _ => One::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_file() {
        let part = |start, length| Wanted::Parts(vec![Span { start, length }]);
        for (header, size, expected) in [
            ("", 10, Wanted::Whole),
            ("bytes=", 10, Wanted::Whole),
            ("bytes=0-3", 10, part(0, 4)),
            ("bytes= 4 - ", 10, part(4, 6)),
            ("bytes=4-99", 10, part(4, 6)),
            ("bytes=-3", 10, part(7, 3)),
            ("bytes=-30", 10, part(0, 10)),
            ("bytes=-0", 10, part(10, 0)),
            ("bytes=10-", 10, Wanted::Outside),
            ("bytes=10-,2-3", 10, part(2, 2)),
            ("bytes=0-", 0, Wanted::Whole),
            ("bytes=0-9,0-9", 10, Wanted::Whole),
            ("bytes=5-4", 10, Wanted::Malformed),
            ("bytes=a-4", 10, Wanted::Malformed),
            ("bytes=4", 10, Wanted::Malformed),
            ("lines=1-2", 10, Wanted::Malformed),
        ] {
            assert_eq!(read(header, size), expected, "{header:?}");
        }
        let spans = |pairs: &[(u64, u64)]| {
            let span = |(start, length): &(u64, u64)| Span {
                start: *start,
                length: *length,
            };
            Wanted::Parts(pairs.iter().map(span).collect())
        };
        assert_eq!(read("bytes=8-,0-1", 10), spans(&[(8, 2), (0, 2)]));
    }

    #[test]
    fn a_range_says_where_it_lies() {
        let header = |start, length| Span { start, length }.header(10);
        assert_eq!(header(2, 3), "bytes 2-4/10");
        assert_eq!(header(10, 0), "bytes 10-9/10");
    }
}
