//! Bytes as the daemon's JSON encoder writes them, without holding them all.

use serde_json::Value;

/// Writes the inside of a JSON string piece by piece, as Go does: every byte that is not UTF-8
/// becomes U+FFFD on its own, and `<`, `>`, `&`, U+2028 and U+2029 are escaped (contract 3.3).
#[derive(Debug, Default)]
pub(super) struct GoEscaper {
    /// The start of a character whose rest has not come yet: at most three bytes.
    carry: Vec<u8>,
}

impl GoEscaper {
    /// Escapes the next piece into `out`.
    pub(super) fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        if self.carry.is_empty() {
            let rest = escape_known(piece, out);
            self.carry.extend_from_slice(rest);
            return;
        }
        let mut joined = std::mem::take(&mut self.carry);
        joined.extend_from_slice(piece);
        let rest = escape_known(&joined, out);
        self.carry.extend_from_slice(rest);
    }

    /// Escapes what was left over: bytes of a character that never came whole.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        for _ in self.carry.drain(..) {
            out.extend_from_slice(br"\ufffd");
        }
    }
}

/// Escapes all but an unfinished character at the end, which it returns.
fn escape_known<'a>(mut bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    loop {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                escape_text(text, out);
                return &[];
            }
            Err(error) => {
                let (good, bad) = bytes.split_at(error.valid_up_to());
                escape_text(&String::from_utf8_lossy(good), out);
                if error.error_len().is_none() {
                    return bad;
                }
                out.extend_from_slice(br"\ufffd");
                bytes = &bad[1..];
            }
        }
    }
}

const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";

fn escape_text(text: &str, out: &mut Vec<u8>) {
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        let short: &[u8] = match c {
            '"' => br#"\""#,
            '\\' => br"\\",
            '\n' => br"\n",
            '\r' => br"\r",
            '\t' => br"\t",
            '\u{8}' => br"\b",
            '\u{c}' => br"\f",
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => b"",
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[plain..at]);
        plain = at + c.len_utf8();
        if short.is_empty() {
            out.extend_from_slice(br"\u");
            let digit = |shift: u32| HEXADECIMAL[((u32::from(c) >> shift) & 0xf) as usize];
            out.extend([12, 8, 4, 0].map(digit));
        } else {
            out.extend_from_slice(short);
        }
    }
    out.extend_from_slice(&text.as_bytes()[plain..]);
}

/// A whole JSON value as the daemon writes it.
pub(super) fn go_json(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write_value(value, &mut out);
    out
}

fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_value(item, out);
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            out.push(b'{');
            for (at, (name, field)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_string(name, out);
                out.push(b':');
                write_value(field, out);
            }
            out.push(b'}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            out.extend_from_slice(value.to_string().as_bytes());
        }
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    escape_text(text, out);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(pieces: &[&[u8]]) -> String {
        let mut escaper = GoEscaper::default();
        let mut out = Vec::new();
        for piece in pieces {
            escaper.push(piece, &mut out);
        }
        escaper.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn bytes_are_escaped_as_go_does() {
        let cases: [(&[&[u8]], &str); 9] = [
            (&[b"plain"], "plain"),
            (
                &[b"<a & b>\0\x1b\x7f"],
                "\\u003ca \\u0026 b\\u003e\\u0000\\u001b\x7f",
            ),
            (&[b"\"\\\n\r\t\x08\x0c"], r#"\"\\\n\r\t\b\f"#),
            (&["é€😀".as_bytes()], "é€😀"),
            (&[b"\xe2\x82", b"\xac!"], "€!"),
            (&[b"\xf0", b"\x9f", b"\x98", b"\x80"], "😀"),
            // An unfinished character is one replacement for each of its bytes.
            (&[b"\xe2\x82", b"A"], r"\ufffd\ufffdA"),
            (&[b"\xff\xfe\xe2\x82"], r"\ufffd\ufffd\ufffd\ufffd"),
            (&["\u{2028}".as_bytes()], r"\u2028"),
        ];
        for (pieces, expected) in cases {
            assert_eq!(escaped(pieces), expected, "{pieces:?}");
        }
    }

    #[test]
    fn a_value_keeps_its_meaning() {
        let value = serde_json::json!({"a<b": ["&", 1, null, true, {"x": "\u{2029}"}]});
        let text = go_json(&value);
        assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), value);
        assert!(text.starts_with(br#"{"a\u003cb":["\u0026",1"#));
    }
}
