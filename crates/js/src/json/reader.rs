//! The grammar: values, arrays, objects. What is open stands in a list, not on the stack.

use super::cursor::Cursor;
use super::error::{Fault, FaultKind};
use super::{literal, number, string};
use crate::Text;
use crate::value::{Object, Value};

/// An array or object that is not closed yet.
enum Open {
    Array(Vec<Value>),
    /// With the key whose value is being read.
    Object(Object, Text),
}

/// Reads one value that is the whole source.
pub(super) fn read(source: &[u8]) -> Result<Value, Fault> {
    let mut cursor = Cursor { source, at: 0 };
    let mut open = Vec::new();
    loop {
        if let Some(value) = begin(&mut cursor, &mut open)?
            && let Some(whole) = end(&mut cursor, &mut open, value)?
        {
            cursor.skip_white_space();
            return match cursor.peek() {
                None => Ok(whole),
                Some(_) => Err(Fault {
                    at: cursor.at,
                    kind: FaultKind::Behind,
                }),
            };
        }
    }
}

/// Reads a value, or opens one that has members; an empty one is closed at once.
fn begin(cursor: &mut Cursor<'_>, open: &mut Vec<Open>) -> Result<Option<Value>, Fault> {
    cursor.skip_white_space();
    let value = match cursor.peek() {
        Some(b'"') => string::read(cursor)?.into(),
        Some(b'-' | b'0'..=b'9') => number::read(cursor)?.into(),
        Some(b't') => literal::read(cursor, b"true", Value::Bool(true))?,
        Some(b'f') => literal::read(cursor, b"false", Value::Bool(false))?,
        Some(b'n') => literal::read(cursor, b"null", Value::Null)?,
        Some(b'[') => {
            cursor.at += 1;
            cursor.skip_white_space();
            if !cursor.eat(b']') {
                open.push(Open::Array(Vec::new()));
                return Ok(None);
            }
            Value::from(Vec::new())
        }
        Some(b'{') => {
            cursor.at += 1;
            cursor.skip_white_space();
            if !cursor.eat(b'}') {
                let key = key(cursor, Place::First)?;
                open.push(Open::Object(Object::new(), key));
                return Ok(None);
            }
            Object::new().into()
        }
        _ => return Err(cursor.token()),
    };
    Ok(Some(value))
}

/// Puts a value where it belongs and closes what closes behind it; gives the whole when nothing is
/// open any more.
fn end(
    cursor: &mut Cursor<'_>,
    open: &mut Vec<Open>,
    mut value: Value,
) -> Result<Option<Value>, Fault> {
    while let Some(parent) = open.pop() {
        cursor.skip_white_space();
        match parent {
            Open::Array(mut items) => {
                items.push(value);
                if cursor.eat(b',') {
                    open.push(Open::Array(items));
                    return Ok(None);
                }
                if !cursor.eat(b']') {
                    return Err(cursor.said("Expected ',' or ']' after array element"));
                }
                value = items.into();
            }
            Open::Object(mut members, name) => {
                members.insert(name, value);
                if cursor.eat(b',') {
                    cursor.skip_white_space();
                    let next = key(cursor, Place::Later)?;
                    open.push(Open::Object(members, next));
                    return Ok(None);
                }
                if !cursor.eat(b'}') {
                    return Err(cursor.said("Expected ',' or '}' after property value"));
                }
                value = members.into();
            }
        }
    }
    Ok(Some(value))
}

/// Where a key stands in its object.
#[derive(Debug, Clone, Copy)]
enum Place {
    First,
    Later,
}

/// Reads a key and its colon.
fn key(cursor: &mut Cursor<'_>, place: Place) -> Result<Text, Fault> {
    if cursor.peek() != Some(b'"') {
        return Err(cursor.said(match place {
            Place::First => "Expected property name or '}'",
            Place::Later => "Expected double-quoted property name",
        }));
    }
    let key = string::read(cursor)?;
    cursor.skip_white_space();
    if cursor.eat(b':') {
        return Ok(key);
    }
    Err(match place {
        Place::First => cursor.said("Expected ':' after property name"),
        // V8 has no words of its own for a later one.
        Place::Later => cursor.token(),
    })
}
