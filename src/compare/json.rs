//! Structural differences of two JSON values, each with its path and kind.

use std::collections::HashMap;

use cutover_base::by_side::BySide;
use serde_json::Value;

use crate::compare::equality::key;
use crate::normalise::Content;

/// Differences that are listed; a pair that differs everywhere is not made clearer by more.
pub const DIFFERENCES_MAX: usize = 200;

/// What kind of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceKind {
    /// The source has it, the target does not.
    Missing,
    /// The target has it, the source does not.
    Extra,
    /// Of another JSON type.
    Type,
    /// The same elements in another order.
    Order,
    /// Another value of the same type.
    Value,
}

impl DifferenceKind {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Type => "type",
            Self::Order => "order",
            Self::Value => "value",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where, as a normalised path: `$['a'][0]`.
    pub path: String,
    /// What kind.
    pub kind: DifferenceKind,
    /// Each side's value, where it has one.
    pub values: BySide<Option<Value>>,
}

/// The first [`DIFFERENCES_MAX`] differences, in the order of the source. Numbers are compared
/// as they were written; the order of keys is nothing.
pub fn differences(source: &Value, target: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("$".to_owned(), source, target, &mut found);
    found
}

fn walk(path: String, source: &Value, target: &Value, found: &mut Vec<Difference>) {
    if found.len() >= DIFFERENCES_MAX || source == target {
        return;
    }
    match (source, target) {
        (Value::Object(one), Value::Object(other)) => {
            for (name, value) in one {
                let path = format!("{path}[{}]", quoted(name));
                match other.get(name) {
                    Some(across) => walk(path, value, across, found),
                    None => add(found, path, DifferenceKind::Missing, Some(value), None),
                }
            }
            for (name, value) in other.iter().filter(|(name, _)| !one.contains_key(*name)) {
                let path = format!("{path}[{}]", quoted(name));
                add(found, path, DifferenceKind::Extra, None, Some(value));
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            if same_elements(one, other) {
                add(
                    found,
                    path,
                    DifferenceKind::Order,
                    Some(source),
                    Some(target),
                );
                return;
            }
            for (index, value) in one.iter().enumerate() {
                let path = format!("{path}[{index}]");
                match other.get(index) {
                    Some(across) => walk(path, value, across, found),
                    None => add(found, path, DifferenceKind::Missing, Some(value), None),
                }
            }
            for (index, value) in other.iter().enumerate().skip(one.len()) {
                let path = format!("{path}[{index}]");
                add(found, path, DifferenceKind::Extra, None, Some(value));
            }
        }
        _ => {
            let kind = if type_of(source) == type_of(target) {
                DifferenceKind::Value
            } else {
                DifferenceKind::Type
            };
            add(found, path, kind, Some(source), Some(target));
        }
    }
}

fn add(
    found: &mut Vec<Difference>,
    path: String,
    kind: DifferenceKind,
    source: Option<&Value>,
    target: Option<&Value>,
) {
    if found.len() < DIFFERENCES_MAX {
        found.push(Difference {
            path,
            kind,
            values: BySide { source, target }.map(Option::<&Value>::cloned),
        });
    }
}

fn same_elements(one: &[Value], other: &[Value]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut counts: HashMap<String, i64> = HashMap::new();
    for value in one {
        *counts
            .entry(key(&Content::Json(value.clone())))
            .or_default() += 1;
    }
    other.iter().all(|value| {
        let count = counts
            .entry(key(&Content::Json(value.clone())))
            .or_default();
        *count -= 1;
        *count >= 0
    })
}

fn type_of(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_kind_is_told_with_its_path() {
        let source = json!({"a": 1, "b": [1, 2], "c": {"d": "x"}, "e": 1, "f": [1]});
        let target = json!({"a": "1", "b": [2, 1], "c": {"d": "y"}, "f": [1, 2], "g": 0});
        let found: Vec<String> = differences(&source, &target)
            .iter()
            .map(|found| format!("{} {}", found.kind.name(), found.path))
            .collect();
        assert_eq!(
            found,
            [
                "type $['a']",
                "order $['b']",
                "value $['c']['d']",
                "missing $['e']",
                "extra $['f'][1]",
                "extra $['g']"
            ]
        );
    }

    #[test]
    fn equal_values_have_none_and_long_lists_are_bounded() {
        assert!(differences(&json!({"a": 1, "b": 2}), &json!({"b": 2, "a": 1})).is_empty());
        let many = |from: i64| Value::from((from..from + 5000).collect::<Vec<_>>());
        assert_eq!(differences(&many(0), &many(10_000)).len(), DIFFERENCES_MAX);
    }
}
