//! What the reading of ranges promises of any header.

use crate::shared::range::RangeAsked;

/// Eight bytes are the file's size, the rest is the header: every part lies within the file, and
/// together they are no more than it.
///
/// # Panics
/// When that does not hold.
pub fn ranges(input: &[u8]) {
    let Some((size, header)) = input.split_first_chunk::<8>() else {
        return;
    };
    // No file is larger than the system can say.
    let size = u64::from_le_bytes(*size) >> 1;
    let header = String::from_utf8_lossy(header);
    let asked = RangeAsked::read(&header, size);
    let spans = match &asked {
        RangeAsked::One(span) => std::slice::from_ref(span),
        RangeAsked::Several(spans) => {
            assert!(spans.len() > 1, "{spans:?}");
            spans.as_slice()
        }
        RangeAsked::Outside => {
            assert!(size > 0, "nothing lies outside of an empty file");
            &[]
        }
        RangeAsked::Whole | RangeAsked::Malformed => &[],
    };
    let mut total = 0_u64;
    for span in spans {
        let end = span.start.checked_add(span.length);
        assert!(end.is_some_and(|end| end <= size), "{span:?} of {size}");
        assert!(span.header(size).ends_with(&format!("/{size}")));
        total += span.length;
    }
    assert!(total <= size, "{spans:?} of {size}");
    if !header.starts_with("bytes=") {
        let expected = if header.is_empty() {
            RangeAsked::Whole
        } else {
            RangeAsked::Malformed
        };
        assert_eq!(asked, expected);
    }
}
