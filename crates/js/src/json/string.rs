//! Strings and their escapes.

use super::cursor::Cursor;
use super::error::Fault;
use crate::Text;
use crate::text::TextBuilder;

/// Reads a string whose opening quote is there.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Text, Fault> {
    cursor.at += 1;
    let mut text = TextBuilder::default();
    loop {
        let start = cursor.at;
        let plain = |byte: &u8| *byte >= 0x20 && *byte != b'"' && *byte != b'\\';
        let rest = &cursor.source[start..];
        cursor.at += rest.iter().take_while(|byte| plain(byte)).count();
        text.push_wide_utf8(&cursor.source[start..cursor.at]);
        match cursor.peek() {
            None => return Err(cursor.said("Unterminated string")),
            Some(b'"') => {
                cursor.at += 1;
                return Ok(text.finish());
            }
            Some(b'\\') => {
                cursor.at += 1;
                escape(cursor, &mut text)?;
            }
            Some(_) => return Err(cursor.said("Bad control character in string literal")),
        }
    }
}

/// Reads what stands behind a backslash.
fn escape(cursor: &mut Cursor<'_>, text: &mut TextBuilder) -> Result<(), Fault> {
    let character = match cursor.peek() {
        // V8 has no words of its own for a text that ends here.
        None => return Err(cursor.token()),
        Some(plain @ (b'"' | b'\\' | b'/')) => plain.into(),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            cursor.at += 1;
            text.push_unit(unit(cursor)?);
            return Ok(());
        }
        Some(_) => return Err(cursor.said("Bad escaped character")),
    };
    cursor.at += 1;
    text.push(character);
    Ok(())
}

/// Reads four hexadecimal digits.
fn unit(cursor: &mut Cursor<'_>) -> Result<u16, Fault> {
    let mut unit = 0;
    for _ in 0..4 {
        let digit = cursor.peek().and_then(|byte| char::from(byte).to_digit(16));
        let Some(digit) = digit.and_then(|digit| u16::try_from(digit).ok()) else {
            return Err(cursor.said("Bad Unicode escape"));
        };
        unit = unit << 4 | digit;
        cursor.at += 1;
    }
    Ok(unit)
}
