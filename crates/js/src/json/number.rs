//! Numbers.

use super::cursor::Cursor;
use super::error::Fault;

/// Reads a number whose first character, a digit or `-`, is there. What is too large is infinite.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<f64, Fault> {
    let start = cursor.at;
    cursor.eat(b'-');
    if cursor.eat(b'0') {
        if matches!(cursor.peek(), Some(b'0'..=b'9')) {
            return Err(cursor.token());
        }
    } else {
        digits(cursor, "No number after minus sign")?;
    }
    if cursor.eat(b'.') {
        digits(cursor, "Unterminated fractional number")?;
    }
    if cursor.eat(b'e') || cursor.eat(b'E') {
        let _signed = cursor.eat(b'+') || cursor.eat(b'-');
        digits(cursor, "Exponent part is missing a number")?;
    }
    let text = std::str::from_utf8(&cursor.source[start..cursor.at]);
    let number = text.ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| cursor.token())
}

/// Passes over digits, of which there must be one.
fn digits(cursor: &mut Cursor<'_>, missing: &'static str) -> Result<(), Fault> {
    let start = cursor.at;
    while matches!(cursor.peek(), Some(b'0'..=b'9')) {
        cursor.at += 1;
    }
    if cursor.at == start {
        return Err(cursor.said(missing));
    }
    Ok(())
}
