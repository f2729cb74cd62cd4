//! UTF-8 read as JavaScript reads it: every longest run that could still have become a character
//! is one U+FFFD, as WHATWG's standard says.

use crate::Text;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// `new TextDecoder().decode(bytes)`: without a byte order mark at the beginning.
pub fn decode(bytes: &[u8]) -> Text {
    decode_keeping_bom(bytes.strip_prefix(BOM).unwrap_or(bytes))
}

/// `Buffer.from(bytes).toString()`: a byte order mark stays as U+FEFF.
pub fn decode_keeping_bom(bytes: &[u8]) -> Text {
    // The standard library replaces as WHATWG does.
    Text::from(String::from_utf8_lossy(bytes).into_owned())
}

/// `Response.text()`: takes one byte order mark away and then decodes, which takes another.
pub fn decode_body(bytes: &[u8]) -> Text {
    decode(bytes.strip_prefix(BOM).unwrap_or(bytes))
}
