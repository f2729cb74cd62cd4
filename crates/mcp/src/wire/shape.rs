//! A small language for what a message may look like, and the check against it.

use cutover_js::Value;

use super::issue::{Fault, Issue, Step};

/// What a value may be.
#[derive(Debug)]
pub(super) enum Shape {
    /// A text.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// An object with these members, and any others.
    Object(&'static [Member]),
    /// An object whose members all look alike; `None`: whatever they are.
    Record(Option<&'static Self>),
    /// An array of these.
    List(&'static Self),
    /// Any object or array; said without words.
    Structure,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// Both at once; the first one's issues come first.
    Both(&'static Self, &'static Self),
}

/// A member of an object.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) key: &'static str,
    pub(super) optional: bool,
    pub(super) shape: Shape,
}

/// A member that must be there.
pub(super) const fn needed(key: &'static str, shape: Shape) -> Member {
    Member {
        key,
        optional: false,
        shape,
    }
}

/// A member that may be left out.
pub(super) const fn optional(key: &'static str, shape: Shape) -> Member {
    Member {
        key,
        optional: true,
        shape,
    }
}

/// What JavaScript's schema library calls a value that stands where another should.
pub(crate) fn received(value: Option<&Value>) -> &'static str {
    match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(number)) if number.is_infinite() => "Infinity",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}

/// What is wrong with `value`, in the order in which the shape names its parts.
pub(super) fn issues(shape: &Shape, value: Option<&Value>, at: &[Step]) -> Vec<Issue> {
    let mut issues = Vec::new();
    check(shape, value, &mut at.to_vec(), &mut issues);
    issues
}

fn check(shape: &Shape, value: Option<&Value>, at: &mut Vec<Step>, issues: &mut Vec<Issue>) {
    let mut told = |at: &[Step], fault| {
        let path = at.to_vec();
        issues.push(Issue { path, fault });
    };
    let mut other = |expected| {
        let received = received(value);
        told(at, Fault::Type { expected, received });
    };
    match (shape, value) {
        (Shape::Text, Some(Value::String(_)))
        | (Shape::Number, Some(Value::Number(_)))
        | (Shape::Flag, Some(Value::Bool(_)))
        | (Shape::Structure, Some(Value::Object(_) | Value::Array(_))) => {}
        (Shape::Text, _) => other("string"),
        (Shape::Number, _) => other("number"),
        (Shape::Flag, _) => other("boolean"),
        (Shape::Structure, _) => told(at, Fault::Custom),
        (Shape::Choice(choices), value) => {
            let text = value.and_then(Value::as_text);
            if !text.is_some_and(|text| choices.iter().any(|choice| *text == **choice)) {
                told(at, Fault::Choice(choices));
            }
        }
        (Shape::Object(members), Some(Value::Object(object))) => {
            for member in *members {
                let value = object.get(member.key);
                if value.is_some() || !member.optional {
                    at.push(Step::Key(member.key.to_owned()));
                    check(&member.shape, value, at, issues);
                    at.pop();
                }
            }
        }
        (Shape::Object(_), _) => other("object"),
        (Shape::Record(each), Some(Value::Object(object))) => {
            for (key, value) in each.iter().flat_map(|_| object.iter()) {
                // The library leaves this one key out.
                let Some(each) = each.filter(|_| *key != "__proto__") else {
                    continue;
                };
                at.push(Step::Key(key.to_string()));
                check(each, Some(value), at, issues);
                at.pop();
            }
        }
        (Shape::Record(_), _) => other("record"),
        (Shape::List(each), Some(Value::Array(items))) => {
            for (index, item) in items.iter().enumerate() {
                at.push(Step::Index(index));
                check(each, Some(item), at, issues);
                at.pop();
            }
        }
        (Shape::List(_), _) => other("array"),
        (Shape::Both(one, two), value) => {
            check(one, value, at, issues);
            check(two, value, at, issues);
        }
    }
}
