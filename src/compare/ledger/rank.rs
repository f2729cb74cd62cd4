//! How exactly a shape speaks: of several in scope, the more exact one goes first.

use crate::compare::ledger::entry::{Shape, ShapeSides, SideShape, ValueShape};
use crate::scenario::matcher::{Matcher, Operator};

/// The greater goes first: a literal place before a pattern before a verb, then named stacks, then
/// characters of the place that are no wildcard, then those of what the sides give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    class: u8,
    stacks: u8,
    place: usize,
    values: usize,
}

impl Rank {
    pub(super) fn of(shape: &Shape, stacks: u8) -> Self {
        let (class, place) = shape.place.exactness();
        Self {
            class,
            stacks,
            place,
            // Alternatives in one literal place are equally exact, however they are written.
            values: if shape.place.is_wide() {
                values(shape)
            } else {
                0
            },
        }
    }
}

fn values(shape: &Shape) -> usize {
    let of = |side: &SideShape| match &side.value {
        ValueShape::Any => 0,
        ValueShape::Matches(matcher) => of_matcher(matcher),
        ValueShape::Inside(pattern) => constant(pattern.text()),
    };
    match &shape.sides {
        ShapeSides::Pair { from, to } => of(from) + of(to),
        ShapeSides::Both { .. } => 0,
    }
}

fn of_matcher(matcher: &Matcher) -> usize {
    let of = |operator: &Operator| match operator {
        Operator::Equals(value) => value
            .as_str()
            .map_or_else(|| value.to_string().len(), str::len),
        Operator::EqualsBytes(bytes) => bytes.len(),
        Operator::Matches(pattern) => constant(pattern.as_str()),
        Operator::Contains(text) | Operator::StartsWith(text) | Operator::EndsWith(text) => {
            text.len()
        }
        Operator::OneOf(_) | Operator::Absent(_) | Operator::Min(_) | Operator::Max(_) => 0,
        Operator::Sha256(hash) => hash.len(),
    };
    matcher.operators.iter().map(of).sum()
}

/// Characters of a pattern that stand for themselves, counted roughly: names of groups, classes
/// and escapes of classes are none.
fn constant(pattern: &str) -> usize {
    let mut count = 0;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => count += usize::from(chars.next().is_some_and(|c| !c.is_alphabetic())),
            '[' => while chars.next().is_some_and(|c| c != ']') {},
            '(' if chars.peek() == Some(&'?') => {
                while chars.next().is_some_and(|c| !matches!(c, '>' | ':' | ')')) {}
            }
            '.' | '*' | '+' | '?' | '(' | ')' | '|' | '{' | '}' | '^' | '$' => {}
            _ => count += 1,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_characters_that_stand_for_themselves_count() {
        for (pattern, wanted) in [
            ("", 0),
            (".*", 0),
            ("abc", 3),
            (r"a\.b", 3),
            (r"\d+ x", 2),
            ("[a-z]+x", 1),
            ("(?<name>a|b)", 2),
            ("(?s)a.*", 1),
        ] {
            assert_eq!(constant(pattern), wanted, "{pattern}");
        }
    }
}
