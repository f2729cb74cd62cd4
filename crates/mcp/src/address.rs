//! The place of a session in an address of the platform.

use cutover_js::Text;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What means itself in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An id as one segment of a path, whatever is in it; none for those that no spelling makes a segment
/// of: who reads addresses takes `%2E` for a full stop, and goes upwards for two.
pub(crate) fn segment(id: &Text) -> Option<Text> {
    let id = id.to_string_lossy();
    if id.is_empty() || id == "." || id == ".." {
        return None;
    }
    Some(utf8_percent_encode(&id, SEGMENT).to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment() {
        for (id, wanted) in [
            (
                "6f1c2a34-0000-4000-8000-000000000001",
                "6f1c2a34-0000-4000-8000-000000000001",
            ),
            ("a/b", "a%2Fb"),
            ("../../x", "..%2F..%2Fx"),
            ("a?b#c", "a%3Fb%23c"),
            ("a b\\\n", "a%20b%5C%0A"),
            ("%zz", "%25zz"),
            ("%2e%2e", "%252e%252e"),
            ("${X}", "%24%7BX%7D"),
            ("é", "%C3%A9"),
            ("...", "..."),
        ] {
            assert_eq!(segment(&id.into()), Some(wanted.into()), "{id:?}");
        }
        for id in ["", ".", ".."] {
            assert_eq!(segment(&id.into()), None, "{id:?}");
        }
        let half = Text::from_units(&[0xd800]);
        assert_eq!(segment(&half), Some("%EF%BF%BD".into()));
    }
}
