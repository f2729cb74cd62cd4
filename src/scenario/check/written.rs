//! How a value stands in the text of a file.

use serde_json::Value;

use crate::scenario::node::{Node, Position};

/// The characters of an unquoted scalar as they are written at a place: `1.10`, where the value is
/// 1.1. `None` when something else stands there, such as an alias, which must not be quoted.
pub(super) fn written<'t>(text: &'t str, at: Position, value: &Value) -> Option<&'t str> {
    let line = text.lines().nth(at.line.checked_sub(1)?)?;
    let line = line.trim_start_matches('\u{feff}');
    let (start, _) = line.char_indices().nth(at.column.checked_sub(1)?)?;
    let rest = &line[start..];
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}'))
        .unwrap_or(rest.len());
    let scalar = &rest[..end];
    let read = Node::parse(scalar).ok()?.to_json();
    (read == *value).then_some(scalar)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scalar_is_found_as_it_is_written() {
        for (text, line, column, value, expected) in [
            ("a: 1.10", 1, 4, json!(1.1), Some("1.10")),
            ("\u{feff}a: 1.10", 1, 4, json!(1.1), Some("1.10")),
            ("x: y\nb: {v: 0x1F, w: 2}", 2, 8, json!(31), Some("0x1F")),
            ("- [true, 1e3]", 1, 4, json!(true), Some("true")),
            ("- [true, 1e3]", 1, 10, json!(1000.0), Some("1e3")),
            ("a: 5 # five", 1, 4, json!(5), Some("5")),
            // An alias, an anchor and a tag are not part of the value.
            ("a: *one", 1, 4, json!(1), None),
            ("a: &x 1", 1, 4, json!(1), None),
            ("a: 1", 3, 4, json!(1), None),
            ("a: 1", 1, 40, json!(1), None),
            ("a: 1", 0, 0, json!(1), None),
        ] {
            let at = Position { line, column };
            assert_eq!(
                written(text, at, &value),
                expected,
                "{text} {line}:{column}"
            );
        }
    }
}
