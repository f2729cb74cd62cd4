//! The forms in which a secret may stand in a text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Every form of a secret, the raw one among them; none shorter than the secret.
pub(super) fn encodings(secret: &str) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::from([secret.as_bytes().to_vec()]);
    url_forms(secret, &mut forms);
    json_forms(secret, &mut forms);
    hex_forms(secret.as_bytes(), &mut forms);
    base64_forms(secret.as_bytes(), &mut forms);
    forms
}

/// What encoders leave as it is, besides letters and digits: RFC 3986, `encodeURIComponent`, HTML
/// forms, path segments, and the careful ones that leave nothing.
const URL_PLAIN: [&[u8]; 5] = [b"-_.~", b"-_.!~*'()", b"-_.*", b"-_.~!$&'()*+,;=:@", b""];

fn url_forms(secret: &str, forms: &mut BTreeSet<Vec<u8>>) {
    for plain in URL_PLAIN {
        for upper in [true, false] {
            for space_is_plus in [true, false] {
                forms.insert(percent(secret.as_bytes(), plain, upper, space_is_plus));
            }
        }
    }
}

fn percent(bytes: &[u8], plain: &[u8], upper: bool, space_is_plus: bool) -> Vec<u8> {
    let mut text = String::new();
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            text.push(char::from(byte));
        } else if byte == b' ' && space_is_plus {
            text.push('+');
        } else if upper {
            let _ = write!(text, "%{byte:02X}");
        } else {
            let _ = write!(text, "%{byte:02x}");
        }
    }
    text.into_bytes()
}

/// As a JSON string, as JSON inside a JSON string, and each with the choices that encoders have:
/// `\/`, and `\u` for everything that is not ASCII or that HTML might take for markup.
fn json_forms(secret: &str, forms: &mut BTreeSet<Vec<u8>>) {
    for slash in [false, true] {
        for ascii in [Ascii::No, Ascii::Lower, Ascii::Upper] {
            let once = json(secret, slash, ascii);
            forms.insert(json(&once, slash, ascii).into_bytes());
            forms.insert(once.into_bytes());
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Ascii {
    No,
    Lower,
    Upper,
}

fn json(text: &str, slash: bool, ascii: Ascii) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' if slash => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => unicode_escape(&mut out, c, ascii),
            '<' | '>' | '&' | '\'' if ascii != Ascii::No => unicode_escape(&mut out, c, ascii),
            c if !c.is_ascii() && ascii != Ascii::No => unicode_escape(&mut out, c, ascii),
            c => out.push(c),
        }
    }
    out
}

fn unicode_escape(out: &mut String, c: char, ascii: Ascii) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = match ascii {
            Ascii::Upper => write!(out, "\\u{unit:04X}"),
            Ascii::No | Ascii::Lower => write!(out, "\\u{unit:04x}"),
        };
    }
}

fn hex_forms(bytes: &[u8], forms: &mut BTreeSet<Vec<u8>>) {
    let (mut lower, mut upper) = (String::new(), String::new());
    for byte in bytes {
        let _ = write!(lower, "{byte:02x}");
        let _ = write!(upper, "{byte:02X}");
    }
    forms.extend([lower.into_bytes(), upper.into_bytes()]);
}

/// The secret inside a longer text that was encoded as a whole: it begins at any of the three
/// places within a group, and only the characters that carry nothing but its bits are certain.
fn base64_forms(bytes: &[u8], forms: &mut BTreeSet<Vec<u8>>) {
    for before in 0..3 {
        let mut text = vec![0; before];
        text.extend_from_slice(bytes);
        let certain_from = (before * 8).div_ceil(6);
        let certain_to = text.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&text).into_bytes();
            forms.insert(encoded[certain_from..certain_to].to_vec());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(secret: &str, form: &str) {
        let forms = encodings(secret);
        assert!(forms.contains(form.as_bytes()), "{form} of {secret}");
    }

    #[test]
    fn forms_are_those_of_well_known_encoders() {
        let secret = "p@ss w/\"ö\"<1>";
        has(secret, secret);
        has(secret, "p%40ss%20w%2F%22%C3%B6%22%3C1%3E");
        has(secret, "p%40ss+w%2F%22%C3%B6%22%3C1%3E");
        has(secret, "p%40ss%20w%2f%22%c3%b6%22%3c1%3e");
        let json = serde_json::to_string(secret).unwrap();
        has(secret, &json[1..json.len() - 1]);
        has(secret, "p@ss w\\/\\\"ö\\\"<1>");
        has(secret, "p@ss w/\\\"\\u00f6\\\"\\u003c1\\u003e");
        has(secret, "p@ss w/\\\\\\\"ö\\\\\\\"<1>");
        has(secret, "7040737320772f22c3b6223c313e");
        has(secret, "7040737320772F22C3B6223C313E");
    }

    #[test]
    fn base64_is_certain_at_each_alignment() {
        let secret = "correct-horse??>>";
        for before in 0..9 {
            for after in 0..4 {
                let text = format!("{}{secret}{}", "x".repeat(before), "y".repeat(after));
                for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                    let encoded = engine.encode(&text);
                    let found = encodings(secret)
                        .iter()
                        .any(|form| encoded.contains(std::str::from_utf8(form).unwrap()));
                    assert!(found, "{before} {after} {encoded}");
                }
            }
        }
    }

    #[test]
    fn no_form_is_shorter_than_eight_bytes() {
        for form in encodings("12345678") {
            assert!(form.len() >= 8, "{form:?}");
        }
    }
}
