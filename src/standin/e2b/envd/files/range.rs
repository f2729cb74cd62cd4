//! One byte range of a file (contract 4.2).

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The whole file: no header, or one that Go's `ServeContent` ignores.
    Whole,
    /// From the first to the last byte, both included.
    Part(u64, u64),
    /// Nothing of the file: 416.
    Outside,
    /// More than one range, or no range at all: 416 as well, with the header's own text.
    Malformed,
}

/// Reads a `Range` header for a file of `size` bytes.
pub(crate) fn read(header: Option<&str>, size: u64) -> Wanted {
    let Some(header) = header else {
        return Wanted::Whole;
    };
    let Some(range) = header.strip_prefix("bytes=") else {
        return Wanted::Malformed;
    };
    let Some((first, last)) = range.trim().split_once('-') else {
        return Wanted::Malformed;
    };
    match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), _) if first >= size => Wanted::Outside,
        (Ok(first), Ok(last)) if last >= first => Wanted::Part(first, last.min(size - 1)),
        (Ok(first), Err(_)) if last.trim().is_empty() => Wanted::Part(first, size - 1),
        (Err(_), Ok(0)) if first.trim().is_empty() => Wanted::Outside,
        (Err(_), Ok(length)) if first.trim().is_empty() && size > 0 => {
            Wanted::Part(size.saturating_sub(length), size - 1)
        }
        (Err(_), Ok(_)) if first.trim().is_empty() => Wanted::Whole,
        _ => Wanted::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_file() {
        for (header, size, expected) in [
            (None, 10, Wanted::Whole),
            (Some("bytes=0-3"), 10, Wanted::Part(0, 3)),
            (Some("bytes=4-"), 10, Wanted::Part(4, 9)),
            (Some("bytes=4-99"), 10, Wanted::Part(4, 9)),
            (Some("bytes=-3"), 10, Wanted::Part(7, 9)),
            (Some("bytes=-30"), 10, Wanted::Part(0, 9)),
            (Some("bytes=10-"), 10, Wanted::Outside),
            (Some("bytes=0-"), 0, Wanted::Outside),
            (Some("bytes=5-4"), 10, Wanted::Malformed),
            (Some("lines=1-2"), 10, Wanted::Malformed),
        ] {
            assert_eq!(read(header, size), expected, "{header:?}");
        }
    }
}
