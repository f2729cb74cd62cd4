//! `base64Decode` of `@bufbuild/protobuf`, which takes more than the standard's alphabet.

/// The bytes that a text stands for; none if it has a character that is none of base64.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut at, mut before) = (0, 0);
    for character in text.bytes() {
        let six = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                at = 0;
                continue;
            }
            b'\n' | b'\r' | b'\t' | b' ' => continue,
            _ => return None,
        };
        match at {
            0 => {}
            1 => bytes.push(before << 2 | six >> 4),
            2 => bytes.push(before << 4 | six >> 2),
            _ => bytes.push(before << 6 | six),
        }
        before = six;
        at = (at + 1) % 4;
    }
    // One character alone says nothing.
    (at != 1).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_sdk_reads() {
        for (text, wanted) in [
            ("", &b""[..]),
            ("YQ==", b"a"),
            ("YQ", b"a"),
            ("YWI", b"ab"),
            ("YWJj", b"abc"),
            ("Y W\nJ\tj\r", b"abc"),
            ("_-8=", b"\xff\xef"),
            ("/+8=", b"\xff\xef"),
            ("YQ==Yg==", b"ab"),
        ] {
            assert_eq!(decoded(text).as_deref(), Some(wanted), "{text:?}");
        }
        for text in ["%%%", "Y", "YWJjZ", "é"] {
            assert_eq!(decoded(text), None, "{text:?}");
        }
    }
}
