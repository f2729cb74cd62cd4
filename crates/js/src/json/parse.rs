//! `JSON.parse` and `Response.json()`.

use super::error::{self, SyntaxError};
use super::reader;
use crate::{Text, Value, utf8};

/// `await response.json()`: the bytes are decoded as [`utf8::decode_body`] does, so that up to two
/// byte order marks in front are passed over.
///
/// # Errors
/// What `JSON.parse` throws.
pub fn parse(body: &[u8]) -> Result<Value, SyntaxError> {
    parse_text(&utf8::decode_body(body))
}

/// `JSON.parse(text)`. A byte order mark is an unexpected token in it. Depth is bounded by memory
/// only.
///
/// # Errors
/// What `JSON.parse` throws.
pub fn parse_text(text: &Text) -> Result<Value, SyntaxError> {
    let wide;
    let source = if let Some(text) = text.as_str() {
        text.as_bytes()
    } else {
        wide = text.to_wide_utf8();
        wide.as_slice()
    };
    reader::read(source).map_err(|fault| error::tell(&fault, source, text))
}
