//! Hostile text in Markdown: no markup, HTML, mention, reference or link survives.

use crate::report::escape::{one_line, strip_ansi};

/// Keeps a renderer from seeing a mention, a reference or an address.
const APART: &str = "&#8203;";

/// Digits of a commit's hash that GitHub makes a link of.
const HASH_DIGITS: std::ops::RangeInclusive<usize> = 7..=40;

/// A text as Markdown prose on one line: no markup, mention, reference, link or HTML survives,
/// and it cannot break out of a table cell.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let text = one_line(&strip_ansi(text));
    let apart = places_apart(&text);
    let mut places = apart.iter().peekable();
    for (at, ch) in text.char_indices() {
        if places.next_if_eq(&&at).is_some() {
            out.push_str(APART);
        }
        match ch {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(ch);
            }
            other => out.push(other),
        }
    }
    out
}

/// Where a text must be taken apart, in bytes: behind `@`, `#` and the colon of an address, at the
/// dots of a host's name, within what may be the hash of a commit, and in `GH-1`.
fn places_apart(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut places = Vec::new();
    let is_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    for (at, byte) in bytes.iter().enumerate() {
        let next = at + 1;
        let apart = match byte {
            b'@' | b'#' => true,
            // `mailto:` and `xmpp:` need no slashes.
            b':' => bytes.get(next) == Some(&b'/') || is_word(next),
            b'.' => {
                at > 0
                    && is_name(text[..at].chars().next_back())
                    && is_name(text[next..].chars().next())
                    && !bytes[next..].first().is_some_and(u8::is_ascii_digit)
            }
            b'-' => bytes[..at].to_ascii_lowercase().ends_with(b"gh") && is_word(next),
            _ => false,
        };
        if apart {
            places.push(next);
        }
    }
    places.extend(hashes(bytes));
    places.sort_unstable();
    places.dedup();
    places
}

/// Whether a character can stand in a host's name, which may be of any script.
fn is_name(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

/// A place within each run of hexadecimal digits that may be a commit's hash. A fingerprint of a
/// divergence is none, and stays whole, as people copy it.
fn hashes(bytes: &[u8]) -> Vec<usize> {
    let is_hex = |byte: &u8| byte.is_ascii_hexdigit();
    let mut places = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| is_hex(byte)).count();
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let behind = bytes.get(at + length);
        let is_alone = ![before, behind]
            .into_iter()
            .flatten()
            .any(|byte| is_in_word(*byte));
        let is_fingerprint = length == 8 && bytes[..at].ends_with(b"D-");
        if is_alone && HASH_DIGITS.contains(&length) && !is_fingerprint {
            places.push(at + 4);
        }
        at += length.max(1);
    }
    places
}

fn is_in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A text as Markdown code within a line.
pub fn markdown_code(text: &str) -> String {
    let text = one_line(&strip_ansi(text)).replace('|', "¦");
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let pad = if text.is_empty() || text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A text that is already `visible` as a block of Markdown code.
pub fn markdown_block(visible: &str) -> String {
    let fence = "`".repeat(longest_run(visible, '`').max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", visible.trim_end_matches('\n'))
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|ch| ch != of).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_prose_has_no_markup_left() {
        assert_eq!(
            markdown("**a** `b` @team #1 <img src=x> [l](http://h) |\n"),
            "\\*\\*a\\*\\* \\`b\\` @&#8203;team #&#8203;1 &lt;img src=x&gt; \
             \\[l\\](http:&#8203;//h) \\|\\\\n"
        );
    }

    #[test]
    fn markdown_code_cannot_be_closed_from_within() {
        assert_eq!(markdown_code("a"), "`a`");
        assert_eq!(markdown_code("a``b`"), "``` a``b` ```");
        assert_eq!(
            markdown_block("x\n```\n@all\n"),
            "````text\nx\n```\n@all\n````\n"
        );
    }

    #[test]
    fn nothing_becomes_a_link() {
        for (text, wanted) in [
            ("www.example.com", "www.&#8203;example.&#8203;com"),
            ("see Example.ORG/x", "see Example.&#8203;ORG/x"),
            ("http://h:80", "http:&#8203;//h:&#8203;80"),
            ("mailto:a@b.de", "mailto:&#8203;a@&#8203;b.&#8203;de"),
            ("a/b#12 and #3", "a/b#&#8203;12 and #&#8203;3"),
            ("GH-12 gh-1", "GH-&#8203;12 gh-&#8203;1"),
            ("7d93ede0b1c2", "7d93&#8203;ede0b1c2"),
            ("a/b@7d93ede", "a/b@&#8203;7d93&#8203;ede"),
            ("D-7d93ede0", "D-7d93ede0"),
            ("took 1.5 s. Then it ended.", "took 1.5 s. Then it ended."),
            ("bücher.例え", "bücher.&#8203;例え"),
            (
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ),
        ] {
            assert_eq!(markdown(text), wanted);
        }
    }
}
