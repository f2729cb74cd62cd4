//! `Content-Type` and `Content-Disposition` as busboy reads them. Texts are Latin-1, a character a
//! byte.

use cutover_js::{Text, utf8};
use indexmap::IndexMap;

/// A header's first word, and its parameters, names in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// `multipart/form-data`, `form-data`.
    pub(super) kind: String,
    parameters: IndexMap<String, Text>,
}

impl Header {
    /// The first parameter of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Text> {
        self.parameters.get(name)
    }
}

/// A content type; none where it is malformed.
pub(super) fn content_type(text: &[u8]) -> Option<Header> {
    let slash = text.iter().position(|it| !is_token(*it))?;
    if slash == 0 || text[slash] != b'/' {
        return None;
    }
    let behind = &text[slash + 1..];
    let end = token_end(behind);
    if end == 0 {
        return None;
    }
    Some(Header {
        kind: latin1(&text[..slash + 1 + end]).to_lowercase(),
        parameters: parameters(&behind[end..], Charsets::None)?,
    })
}

/// A disposition; none where it is malformed.
pub(super) fn disposition(text: &[u8]) -> Option<Header> {
    let end = token_end(text);
    if text.is_empty() {
        return None;
    }
    Some(Header {
        kind: latin1(&text[..end]).to_lowercase(),
        parameters: parameters(&text[end..], Charsets::InNames)?,
    })
}

/// Whether a name that ends in `*` has a value with a charset.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Charsets {
    None,
    InNames,
}

fn parameters(mut rest: &[u8], charsets: Charsets) -> Option<IndexMap<String, Text>> {
    let mut found = IndexMap::new();
    loop {
        rest = without_space(rest);
        let Some((separator, behind)) = rest.split_first() else {
            return Some(found);
        };
        if *separator != b';' {
            return None;
        }
        rest = without_space(behind);
        let end = token_end(rest);
        if rest.get(end) != Some(&b'=') {
            return None;
        }
        let name = latin1(&rest[..end]);
        rest = &rest[end + 1..];
        let (value, behind) = if name.ends_with('*') && charsets == Charsets::InNames {
            extended(rest)?
        } else {
            plain(rest)?
        };
        rest = behind;
        found.entry(name.to_lowercase()).or_insert(value);
    }
}

fn plain(text: &[u8]) -> Option<(Text, &[u8])> {
    if text.first() == Some(&b'"') {
        return quoted(&text[1..]);
    }
    let end = token_end(text);
    (end > 0).then(|| (latin1(&text[..end]).into(), &text[end..]))
}

fn quoted(text: &[u8]) -> Option<(Text, &[u8])> {
    let mut value = String::new();
    let mut escaping = false;
    for (at, byte) in text.iter().copied().enumerate() {
        if escaping {
            escaping = false;
            match byte {
                b'"' | b'\\' => value.push(char::from(byte)),
                // A backslash before anything else stays.
                _ if is_quotable(byte) => value.extend(['\\', char::from(byte)]),
                _ => return None,
            }
            continue;
        }
        match byte {
            b'\\' => escaping = true,
            b'"' => return Some((value.into(), &text[at + 1..])),
            _ if is_quotable(byte) => value.push(char::from(byte)),
            _ => return None,
        }
    }
    None
}

/// `utf-8'en'%c3%a9`.
fn extended(text: &[u8]) -> Option<(Text, &[u8])> {
    let quote = text.iter().position(|it| !is_charset(*it))?;
    if text[quote] != b'\'' {
        return None;
    }
    let charset = latin1(&text[..quote]).to_lowercase();
    let behind = &text[quote + 1..];
    let language = behind.iter().position(|it| *it == b'\'')?;
    let mut rest = &behind[language + 1..];
    if rest.is_empty() {
        return None;
    }
    let mut bytes = Vec::new();
    loop {
        match rest {
            [b'%', high, low, ..] => {
                let digit = |it: &u8| char::from(*it).to_digit(16);
                let byte = digit(high)? << 4 | digit(low)?;
                bytes.push(u8::try_from(byte).ok()?);
                rest = &rest[3..];
            }
            [b'%', ..] => return None,
            [byte, ..] if is_extended(*byte) => {
                bytes.push(*byte);
                rest = &rest[1..];
            }
            _ => break,
        }
    }
    Some((decoded(&bytes, &charset)?, rest))
}

/// Bytes in a charset, of those that a daemon uses.
fn decoded(bytes: &[u8], charset: &str) -> Option<Text> {
    match charset {
        "utf-8" | "utf8" => Some(utf8::decode_keeping_bom(bytes)),
        "latin1" | "ascii" | "us-ascii" | "iso-8859-1" | "windows-1252" => {
            Some(latin1(bytes).into())
        }
        _ => None,
    }
}

/// Bytes as the characters of these numbers.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn token_end(text: &[u8]) -> usize {
    let end = text.iter().position(|it| !is_token(*it));
    end.unwrap_or(text.len())
}

/// Whether a byte may stand in a token of HTTP.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A text without spaces and tabs in front.
pub(super) fn without_space(text: &[u8]) -> &[u8] {
    let begin = text.iter().position(|it| !matches!(it, b' ' | b'\t'));
    &text[begin.unwrap_or(text.len())..]
}

fn is_quotable(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

fn is_charset(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&+-^_`{}~".contains(&byte)
}

fn is_extended(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(header: Option<Header>, name: &str) -> Option<Text> {
        header.and_then(|it| it.get(name).cloned())
    }

    #[test]
    fn content_types_are_read_as_busboy_reads_them() {
        let read = content_type(b"Multipart/Form-Data;  Boundary=\"a\\\"b\" ; x=y").unwrap();
        assert_eq!(read.kind, "multipart/form-data");
        assert_eq!(read.get("boundary"), Some(&"a\"b".into()));
        assert_eq!(read.get("x"), Some(&"y".into()));
        for bad in [
            &b""[..],
            b"text",
            b"/x",
            b"a/",
            b"a/b;",
            b"a/b; x",
            b"a/b; x=",
            b"a/b; x=\"y",
            b"a/b x",
        ] {
            assert_eq!(content_type(bad), None, "{}", latin1(bad));
        }
    }

    #[test]
    fn file_names_are_latin1_or_have_a_charset() {
        let name = |text: &[u8]| one(disposition(text), "filename");
        assert_eq!(name(b"form-data; filename=\"a b\""), Some("a b".into()));
        assert_eq!(
            name(b"form-data; filename=\"\xc3\xa9\""),
            Some("\u{c3}\u{a9}".into())
        );
        assert_eq!(
            name(b"form-data; filename=\"a\\b\\\\c\""),
            Some("a\\b\\c".into())
        );
        let star = |text: &[u8]| one(disposition(text), "filename*");
        assert_eq!(
            star(b"form-data; filename*=utf-8''%c3%a9x"),
            Some("éx".into())
        );
        assert_eq!(
            star(b"form-data; filename*=latin1'en'%e9"),
            Some("é".into())
        );
        for bad in [
            &b"form-data; filename*=utf-8''%c"[..],
            b"form-data; filename*=utf-8'",
            b"form-data; filename*=klingon''a",
            b"form-data; filename=\"a\x00\"",
            b"form-data; filename",
            b"",
        ] {
            assert_eq!(disposition(bad), None, "{}", latin1(bad));
        }
    }
}
