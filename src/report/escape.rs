//! Neutralising: where hostile text is made harmless for a terminal and for XML, and what cannot be
//! seen is made visible. [`crate::report::prose`] does it for Markdown; HTML is escaped by its
//! template.

use std::fmt::Write as _;

use cutover_base::unseen::is_unseen;

/// Marks the end of a value that does not end with a newline.
pub const NO_FINAL_NEWLINE: &str = "⟨no newline at the end⟩";

/// Stands for a value of no bytes.
pub const EMPTY: &str = "⟨empty⟩";

/// Shows bytes so that two different values never look alike, in the spelling of
/// [`crate::compare::diff`]: line ends stay, everything else that cannot be seen is an escape (`\t`,
/// `\r`, `\u{1b}`, `\u{feff}`, bytes that are not UTF-8 `\xff`, a backslash `\\`), spaces at the
/// end of a line are `·`, and a missing newline at the end is marked. The result holds no control
/// character but the newline.
pub fn visible(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return EMPTY.to_owned();
    }
    let mut out = visible_part(bytes);
    if bytes.last() != Some(&b'\n') {
        out.push_str(NO_FINAL_NEWLINE);
    }
    out
}

/// As [`visible`], for the beginning of a value: says nothing of its end.
pub fn visible_part(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 16);
    let mut spaces = 0_usize;
    for chunk in bytes.utf8_chunks() {
        for ch in chunk.valid().chars() {
            match ch {
                ' ' => spaces += 1,
                '\n' => {
                    push_times(&mut out, '·', &mut spaces);
                    out.push('\n');
                }
                other => {
                    push_times(&mut out, ' ', &mut spaces);
                    match other {
                        '\\' => out.push_str("\\\\"),
                        mark if is_mark(mark) => out.extend(mark.escape_unicode()),
                        other => push_visible(&mut out, other),
                    }
                }
            }
        }
        for byte in chunk.invalid() {
            push_times(&mut out, ' ', &mut spaces);
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    push_times(&mut out, '·', &mut spaces);
    out
}

/// Shows a name, path or message on one line, with nothing in it that a terminal obeys.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        push_visible(&mut out, ch);
    }
    out
}

/// As [`one_line`], but lines stay lines and tabs stay tabs.
pub fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '\n' | '\t' => out.push(ch),
            other => push_visible(&mut out, other),
        }
    }
    out
}

/// Cuts a text to at most `max` characters, and says that it did.
pub fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}⟨cut⟩", &text[..at]),
    }
}

/// Takes terminal escape sequences out of a text: colours, titles, links, cursor movement.
pub fn strip_ansi(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        let kind = match ch {
            '\u{1b}' => chars.next(),
            '\u{9b}' => Some('['),
            '\u{9d}' | '\u{90}' => Some(']'),
            other => {
                out.push(other);
                continue;
            }
        };
        match kind {
            Some('[') => {
                // Parameters and intermediates, up to the final byte.
                let _ = chars.by_ref().find(|c| ('\u{40}'..='\u{7e}').contains(c));
            }
            Some(']' | 'P' | 'X' | '^' | '_') => {
                while let Some(c) = chars.next() {
                    let ends = c == '\u{7}' || c == '\u{9c}';
                    if ends || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    out
}

/// A text with every character that XML 1.0 cannot hold replaced by one that shows it.
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '\n' | '\t' => out.push(ch),
            '\u{fffe}' | '\u{ffff}' => {
                out.extend(ch.escape_unicode());
            }
            other => push_visible(&mut out, other),
        }
    }
    out
}

fn push_times(out: &mut String, ch: char, times: &mut usize) {
    out.extend(std::iter::repeat_n(ch, std::mem::take(times)));
}

fn push_visible(out: &mut String, ch: char) {
    if is_unseen(ch) {
        out.extend(ch.escape_default());
    } else {
        out.push(ch);
    }
}

/// The marks themselves, which a value may hold too: spelt by their number, so that a real `·` is
/// not taken for a space.
const fn is_mark(ch: char) -> bool {
    matches!(ch, '⟨' | '·')
}

#[cfg(test)]
mod tests {
    use cutover_base::blob::Blob;

    use super::*;
    use crate::compare::diff::explain;
    use crate::compare::verdict::Shown;

    #[test]
    fn what_cannot_be_seen_is_shown() {
        let cases: [(&[u8], &str); 14] = [
            (b"", EMPTY),
            (b"a\n", "a\n"),
            (b"a", "a⟨no newline at the end⟩"),
            (b"a\tb\r\n", "a\\tb\\r\n"),
            (b"a  b  \n", "a  b··\n"),
            (b"  ", "··⟨no newline at the end⟩"),
            (b"\x00\x1b[31m\x7f\n", "\\u{0}\\u{1b}[31m\\u{7f}\n"),
            (b"\xff\xc3\n", "\\xff\\xc3\n"),
            ("\u{feff}a\u{a0}b\n".as_bytes(), "\\u{feff}a\\u{a0}b\n"),
            ("\u{202e}x\u{200b}\n".as_bytes(), "\\u{202e}x\\u{200b}\n"),
            ("\u{9b}31m\n".as_bytes(), "\\u{9b}31m\n"),
            (b"a\\tb\n", "a\\\\tb\n"),
            ("⟨a·\n".as_bytes(), "\\u{27e8}a\\u{b7}\n"),
            ("ä€😀\n".as_bytes(), "ä€😀\n"),
        ];
        for (bytes, shown) in cases {
            assert_eq!(visible(bytes), shown, "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_difference_is_spelt_as_a_value_is(line in "[ a\\\\\t\u{7f}\u{1b}\u{a0}\u{feff}\u{202e}é€]{1,20}") {
            let shown = |text: String| Shown::Bytes(Blob::from_bytes(text));
            let text = explain(&shown(format!("{line}\n")), &shown("other\n".to_owned()));
            proptest::prop_assert_eq!(&text.lines[0].text, &visible_part(line.as_bytes()));
        }

        #[test]
        fn different_values_never_look_alike(a: Vec<u8>, b: Vec<u8>) {
            proptest::prop_assert_eq!(a == b, visible(&a) == visible(&b));
        }

        #[test]
        fn nothing_that_a_terminal_obeys_is_left(bytes: Vec<u8>) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let is_safe = |c: char| c == '\n' || !c.is_control();
            proptest::prop_assert!(visible(&bytes).chars().all(is_safe));
            proptest::prop_assert!(one_line(&text).chars().all(|c| !c.is_control()));
            proptest::prop_assert!(lines(&text).chars().all(|c| c == '\t' || is_safe(c)));
        }
    }

    #[test]
    fn terminal_sequences_are_taken_out() {
        let text = "\u{1b}[1;31mred\u{1b}[0m \u{1b}]0;title\u{7}x\u{1b}]8;;http://h\u{1b}\\y\u{9b}2Jz\u{1b}c!";
        assert_eq!(strip_ansi(text), "red xyz!");
        assert_eq!(strip_ansi("open \u{1b}[31"), "open ");
    }

    #[test]
    fn xml_holds_only_what_xml_can_hold() {
        assert_eq!(
            xml("a\u{0}\u{1b}[31m\n\t\u{ffff}<&>"),
            "a\\u{0}\\u{1b}[31m\n\t\\u{ffff}<&>"
        );
    }

    #[test]
    fn a_cut_text_says_so() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöü", 2), "äö⟨cut⟩");
    }
}
