//! `true`, `false`, `null`.

use super::cursor::Cursor;
use super::error::Fault;
use crate::value::Value;

/// Reads a word whose first letter is there. What stands in place of the first wrong letter is the
/// unexpected token.
pub(super) fn read(cursor: &mut Cursor<'_>, word: &[u8], value: Value) -> Result<Value, Fault> {
    for letter in word {
        if !cursor.eat(*letter) {
            return Err(cursor.token());
        }
    }
    Ok(value)
}
