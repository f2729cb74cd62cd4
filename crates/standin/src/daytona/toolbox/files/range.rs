//! Which bytes of a file a `Range` asks for, as Go's file server reads it.

/// What to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Everything.
    Whole,
    /// Bytes from the first, so many.
    Part {
        /// The first byte.
        first: u64,
        /// How many, at least one.
        len: u64,
    },
    /// Nothing: the range is none.
    Malformed,
    /// Nothing: the range lies behind the end.
    Beyond,
}

/// Reads a header. More than one range is answered with everything, which a client must take
/// (RFC 9110, 14.2); Go would send parts.
pub(super) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(header) = header else {
        return Wanted::Whole;
    };
    let Some(ranges) = header.strip_prefix("bytes=") else {
        return Wanted::Malformed;
    };
    let mut ranges = ranges.split(',').map(str::trim).filter(|r| !r.is_empty());
    let (Some(range), more) = (ranges.next(), ranges.next()) else {
        return Wanted::Whole;
    };
    if more.is_some() {
        return Wanted::Whole;
    }
    let Some((first, last)) = range.split_once('-') else {
        return Wanted::Malformed;
    };
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        return match number(last) {
            None => Wanted::Malformed,
            // Nothing of an empty file is all of it.
            Some(_) if size == 0 => Wanted::Whole,
            Some(0) => Wanted::Beyond,
            Some(len) => {
                let len = len.min(size);
                let first = size - len;
                Wanted::Part { first, len }
            }
        };
    }
    let Some(first) = number(first) else {
        return Wanted::Malformed;
    };
    if first >= size {
        return Wanted::Beyond;
    }
    let last = match (last.is_empty(), number(last)) {
        (true, _) => size - 1,
        (false, Some(last)) if last >= first => last.min(size - 1),
        _ => return Wanted::Malformed,
    };
    let len = last - first + 1;
    Wanted::Part { first, len }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_a_file_server_reads_them() {
        let part = |first, len| Wanted::Part { first, len };
        let cases = [
            (None, 10, Wanted::Whole),
            (Some("bytes=0-0"), 10, part(0, 1)),
            (Some("bytes=2-5"), 10, part(2, 4)),
            (Some("bytes=2-"), 10, part(2, 8)),
            (Some("bytes=2-99"), 10, part(2, 8)),
            (Some("bytes=-3"), 10, part(7, 3)),
            (Some("bytes=-99"), 10, part(0, 10)),
            (Some("bytes= 1 - 2 "), 10, part(1, 2)),
            (Some("bytes=0-1,3-4"), 10, Wanted::Whole),
            (Some("bytes="), 10, Wanted::Whole),
            (Some("bytes=-5"), 0, Wanted::Whole),
            (Some("bytes=-0"), 10, Wanted::Beyond),
            (Some("bytes=10-"), 10, Wanted::Beyond),
            (Some("bytes=0-"), 0, Wanted::Beyond),
            (Some("bytes=5-2"), 10, Wanted::Malformed),
            (Some("bytes=x-2"), 10, Wanted::Malformed),
            (Some("bytes=+1-2"), 10, Wanted::Malformed),
            (Some("bytes=3"), 10, Wanted::Malformed),
            (Some("bytes=-"), 10, Wanted::Malformed),
            (Some("bytes=99999999999999999999-"), 10, Wanted::Malformed),
            (Some("lines=0-1"), 10, Wanted::Malformed),
        ];
        for (header, size, expected) in cases {
            assert_eq!(wanted(header, size), expected, "{header:?} of {size}");
        }
    }
}
