//! Whether values fit a shape.

use cutover_base::by_side::BySide;
use serde_json::Value;

use crate::compare::ledger::entry::{Shape, ShapeSides, SideShape, ValueShape};
use crate::compare::ledger::inside::{self, LinePattern, Tailed};
use crate::compare::ledger::lines::WIDE_BYTES_MAX;
use crate::compare::verdict::Shown;
use crate::scenario::Found;

impl Shape {
    /// Whether a side may give whatever it likes.
    pub(super) fn takes_any(&self) -> bool {
        let any = |side: &SideShape| matches!(side.value, ValueShape::Any);
        match &self.sides {
            ShapeSides::Pair { from, to } => any(from) || any(to),
            ShapeSides::Both { .. } => false,
        }
    }
}

/// Whether every value of each side fits. A shape about many steps is not tried on long values.
/// `tails` says of each value how many lines at its end are standard error; nothing if not known.
pub(super) fn fits(
    shape: &Shape,
    swapped: bool,
    values: &BySide<Vec<Shown>>,
    tails: &Tails,
    plural: bool,
) -> bool {
    let BySide { source, target } = values;
    if source.is_empty() || target.is_empty() {
        return false;
    }
    if shape.place.is_wide() && source.iter().chain(target).any(is_long) {
        return false;
    }
    let all = |shape: &ValueShape, values: &[Shown]| {
        values.iter().all(|value| fits_alone(shape, value, plural))
    };
    match &shape.sides {
        ShapeSides::Both { value, .. } => all(value, source) && all(value, target),
        ShapeSides::Pair { from, to } => {
            let (first, second) = if swapped { (to, from) } else { (from, to) };
            match (line_pattern(first), line_pattern(second)) {
                (None, None) => all(&first.value, source) && all(&second.value, target),
                // Lines that are equal in a and b, and in a and c, are equal in b and c: one value
                // of a side speaks for the others.
                patterns => {
                    let source = tailed(source, &tails.source);
                    let target = tailed(target, &tails.target);
                    pairs(&source, &target)
                        .all(|(a, b)| inside::fits(patterns, &shape.lines, (*a, *b)))
                }
            }
        }
    }
}

/// Whether some of the lines that differ fit.
pub(super) fn is_near(shape: &Shape, swapped: bool, values: &BySide<Vec<Shown>>) -> bool {
    let ShapeSides::Pair { from, to } = &shape.sides else {
        return false;
    };
    let (first, second) = if swapped { (to, from) } else { (from, to) };
    match (line_pattern(first), line_pattern(second)) {
        (Some(first), Some(second)) => pairs(&values.source, &values.target)
            .any(|pair| inside::is_near((first, second), &shape.lines, pair)),
        _ => false,
    }
}

/// How many lines at the end of each value are standard error.
pub(crate) type Tails = BySide<Vec<Option<usize>>>;

fn tailed<'v>(values: &'v [Shown], tails: &[Option<usize>]) -> Vec<Tailed<'v>> {
    let tails = tails.iter().copied().chain(std::iter::repeat(None));
    values.iter().zip(tails).collect()
}

/// Each value of a side with the first of the other.
fn pairs<'v, T>(source: &'v [T], target: &'v [T]) -> impl Iterator<Item = (&'v T, &'v T)> {
    let with_target = source.iter().zip(target.iter().take(1).cycle());
    let with_source = source.iter().take(1).cycle().zip(target.iter().skip(1));
    with_target.chain(with_source)
}

fn line_pattern(side: &SideShape) -> Option<&LinePattern> {
    match &side.value {
        ValueShape::Inside(pattern) => Some(pattern),
        ValueShape::Any | ValueShape::Matches(_) => None,
    }
}

fn fits_alone(shape: &ValueShape, value: &Shown, plural: bool) -> bool {
    match shape {
        ValueShape::Any => true,
        ValueShape::Matches(matcher) => matcher.check(&found(value, plural)).is_ok(),
        ValueShape::Inside(_) => false,
    }
}

fn is_long(value: &Shown) -> bool {
    matches!(value, Shown::Bytes(blob) if blob.len > WIDE_BYTES_MAX)
}

/// Whether a value is a text, and not the empty one.
pub(super) fn is_some_text(value: &Shown) -> bool {
    match value {
        Shown::Bytes(blob) => blob.len > 0 && blob.len <= WIDE_BYTES_MAX,
        Shown::Json(Value::String(text)) => !text.is_empty(),
        Shown::Json(_) | Shown::Absent => false,
    }
}

/// A value as matchers see it.
fn found(value: &Shown, plural: bool) -> Found<'_> {
    match value {
        Shown::Absent => Found::Absent,
        Shown::Json(Value::Array(items)) if plural => Found::Several(items.iter().collect()),
        Shown::Json(value) => Found::Json(value),
        Shown::Bytes(blob) => Found::Bytes(blob),
    }
}
