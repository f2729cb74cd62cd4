//! `JSON.stringify`, without white space.

use crate::value::{Object, Value};
use crate::{Text, numbers};

/// `JSON.stringify(value)`: NaN and the infinities are `null`, `-0` is `0`, a surrogate without
/// partner is an escape. A member that is `undefined` in JavaScript is one that nobody puts in.
pub fn stringify(value: &Value) -> String {
    let mut json = String::new();
    let mut open = Vec::new();
    write(&mut json, &mut open, value);
    while let Some(members) = open.last_mut() {
        match members.next() {
            None => {
                json.push(members.close);
                open.pop();
            }
            Some((key, value)) => {
                if members.begun {
                    json.push(',');
                }
                members.begun = true;
                if let Some(key) = key {
                    quote(&mut json, key);
                    json.push(':');
                }
                write(&mut json, &mut open, value);
            }
        }
    }
    json
}

/// `JSON.stringify(text)`: in quotes, with escapes.
pub fn stringify_text(text: &Text) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    quote(&mut json, text);
    json
}

/// What is left of an array or object.
struct Open<'a> {
    members: Box<dyn Iterator<Item = (Option<&'a Text>, &'a Value)> + 'a>,
    close: char,
    begun: bool,
}

impl<'a> Open<'a> {
    fn next(&mut self) -> Option<(Option<&'a Text>, &'a Value)> {
        self.members.next()
    }
}

/// Writes a value, or the beginning of one that has members.
fn write<'a>(json: &mut String, open: &mut Vec<Open<'a>>, value: &'a Value) {
    match value {
        Value::Null => json.push_str("null"),
        Value::Bool(true) => json.push_str("true"),
        Value::Bool(false) => json.push_str("false"),
        Value::Number(number) if number.is_finite() => {
            json.push_str(&numbers::to_js_string(*number));
        }
        Value::Number(_) => json.push_str("null"),
        Value::String(text) => quote(json, text),
        Value::Array(items) => {
            json.push('[');
            let members = Box::new(items.iter().map(|item| (None, item)));
            open.push(Open {
                members,
                close: ']',
                begun: false,
            });
        }
        Value::Object(object) => open.push(begin(json, object)),
    }
}

fn begin<'a>(json: &mut String, object: &'a Object) -> Open<'a> {
    json.push('{');
    let members = Box::new(object.iter().map(|(key, value)| (Some(key), value)));
    Open {
        members,
        close: '}',
        begun: false,
    }
}

fn quote(json: &mut String, text: &Text) {
    json.push('"');
    match text.as_str() {
        Some(text) => text.chars().for_each(|character| escape(json, character)),
        None => {
            for character in char::decode_utf16(text.to_units()) {
                match character {
                    Ok(character) => escape(json, character),
                    Err(lone) => push_hex(json, lone.unpaired_surrogate()),
                }
            }
        }
    }
    json.push('"');
}

fn escape(json: &mut String, character: char) {
    match character {
        '"' => json.push_str("\\\""),
        '\\' => json.push_str("\\\\"),
        '\u{8}' => json.push_str("\\b"),
        '\u{c}' => json.push_str("\\f"),
        '\n' => json.push_str("\\n"),
        '\r' => json.push_str("\\r"),
        '\t' => json.push_str("\\t"),
        '\0'..='\u{1f}' => push_hex(json, character as u16),
        _ => json.push(character),
    }
}

fn push_hex(json: &mut String, unit: u16) {
    json.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        json.extend(char::from_digit(u32::from(unit >> shift & 0xf), 16));
    }
}
