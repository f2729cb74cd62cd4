//! Text as it may be shown: what cannot be seen is spelt out, what could move a terminal is not
//! passed on.

use std::fmt::Write as _;

use cutover_base::unseen::is_unseen;

/// One line of bytes as text, and where each byte of it went: `places[i]` is the offset in the
/// text at which byte `i` begins, with one more for the end.
///
/// Spaces at the end, tabs, carriage returns, control characters, invisible characters and bytes
/// that are no UTF-8 are written as escapes; the newline at the end is left out.
pub(crate) fn shown_line(line: &[u8]) -> (String, Vec<usize>) {
    let body = line.strip_suffix(b"\n").unwrap_or(line);
    let spaces = body.iter().rev().take_while(|byte| **byte == b' ').count();
    let mut out = String::new();
    let mut places = Vec::with_capacity(line.len() + 1);
    for chunk in body[..body.len() - spaces].utf8_chunks() {
        for c in chunk.valid().chars() {
            places.extend(std::iter::repeat_n(out.len(), c.len_utf8()));
            match c {
                '\\' => out.push_str("\\\\"),
                c if is_unseen(c) => out.extend(c.escape_default()),
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            places.push(out.len());
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    for _ in 0..spaces {
        places.push(out.len());
        out.push('·');
    }
    places.resize(line.len() + 1, out.len());
    (out, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_spelt_out() {
        for (line, wanted) in [
            (&b"plain\n"[..], "plain"),
            (b"a  ", "a··"),
            (b"a\tb\r\n", "a\\tb\\r"),
            (b"\x1b[31mred", "\\u{1b}[31mred"),
            (b"\xef\xbb\xbfa", "\\u{feff}a"),
            (b"a\xff\xc3\xa9", "a\\xffé"),
            (b"a\\n", "a\\\\n"),
            ("a\u{202e}b".as_bytes(), "a\\u{202e}b"),
        ] {
            let (text, places) = shown_line(line);
            assert_eq!(text, wanted);
            assert_eq!(places.len(), line.len() + 1);
            assert!(places.iter().all(|place| text.is_char_boundary(*place)));
        }
    }
}
