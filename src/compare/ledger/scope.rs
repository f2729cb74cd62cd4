//! Which shapes speak for a field of this run, in which direction, and whether values fit them.

use cutover_base::by_side::BySide;
use jiff::civil::Date;
use serde_json::Value;

use crate::call::Surface;
use crate::compare::ledger::entry::{
    Entry, EntryKind, Ledger, Shape, ShapeSides, SideName, SideShape, ValueShape, VersionRange,
    When,
};
use crate::compare::subjects::{LaneFact, Subject, Subjects};
use crate::compare::verdict::{Effect, Gate, Shown};
use crate::scenario::Found;

/// A shape that is in scope for a field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit<'l> {
    pub(crate) entry: &'l Entry,
    pub(crate) shape: &'l Shape,
    /// Whether the run goes from the shape's `to` to its `from`.
    pub(crate) swapped: bool,
    exactness: u8,
}

impl Ledger {
    /// The shapes that speak for a field: those in scope, and of them the most exact. A shape
    /// that names a stack goes before one that does not, and an exact case before a pattern.
    pub(crate) fn about(
        &self,
        kind: EntryKind,
        case: &str,
        step: &str,
        field: &str,
        subjects: &Subjects,
    ) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.kind == kind) {
            for shape in &entry.shapes {
                let speaks = shape.case.matches(case)
                    && shape.step == step
                    && shape.field.text == field
                    && !is_fixed(entry, shape, subjects)
                    && holds_when(&shape.when, subjects);
                if speaks {
                    hits.extend(directions(entry, shape, subjects));
                }
            }
        }
        let most = hits.iter().map(|hit| hit.exactness).max();
        hits.retain(|hit| Some(hit.exactness) == most);
        hits
    }
}

impl Hit<'_> {
    /// Whether every value of each side fits.
    pub(crate) fn fits(&self, values: &BySide<Vec<Shown>>, plural: bool) -> bool {
        let BySide { source, target } = values;
        let all = |shape: &ValueShape, values: &[Shown]| {
            !values.is_empty() && values.iter().all(|value| fits(shape, value, plural))
        };
        match &self.shape.sides {
            ShapeSides::Both { value, .. } => all(value, source) && all(value, target),
            ShapeSides::Pair { from, to } => {
                let (first, second) = if self.swapped { (to, from) } else { (from, to) };
                all(&first.value, source) && all(&second.value, target)
            }
        }
    }

    /// What going from source to target means: exchanged sides exchange improvement and
    /// regression.
    pub(crate) fn effect(&self) -> Effect {
        let written = self.shape.effect.unwrap_or(self.entry.effect);
        match (written, self.swapped) {
            (Effect::Improvement, true) => Effect::Regression,
            (Effect::Regression, true) => Effect::Improvement,
            (effect, _) => effect,
        }
    }

    /// Whether it may pass. A gate that was not written follows from the effect in this
    /// direction; a past date takes the allow away.
    pub(crate) fn gate(&self, today: Date) -> Gate {
        if self.entry.is_expired(today) {
            return Gate::Block;
        }
        // A shape that restates the effect but not the gate stands on its own.
        let written = match (self.shape.gate, self.shape.effect) {
            (Some(gate), _) => Some(gate),
            (None, Some(_)) => None,
            (None, None) => self.entry.gate,
        };
        written.unwrap_or_else(|| default_gate(self.effect()))
    }
}

/// The gate of an effect when none is written. `change` must be said; until it is, it blocks.
pub(crate) const fn default_gate(effect: Effect) -> Gate {
    match effect {
        Effect::Improvement | Effect::Wording => Gate::Allow,
        Effect::Regression | Effect::Change => Gate::Block,
    }
}

/// A fix of a stack takes the entry it names out of scope there. At surface provider nothing
/// stands between, so nothing is fixed.
fn is_fixed(entry: &Entry, shape: &Shape, subjects: &Subjects) -> bool {
    shape.case.surface() != Surface::Provider
        && subjects
            .sides
            .iter()
            .any(|(_, side)| side.stack.fixes.contains(&entry.id))
}

fn directions<'l>(entry: &'l Entry, shape: &'l Shape, subjects: &Subjects) -> Vec<Hit<'l>> {
    let exact_case = u8::from(shape.case.is_exact());
    let BySide { source, target } = &subjects.sides;
    let hit = |swapped: bool, stacks: u8| Hit {
        entry,
        shape,
        swapped,
        exactness: stacks * 2 + exact_case,
    };
    match &shape.sides {
        ShapeSides::Both { sides, .. } => {
            let of = |subject| {
                sides
                    .iter()
                    .filter(|side| names(side, subject))
                    .map(stacks)
                    .max()
            };
            match (of(source), of(target)) {
                (Some(a), Some(b)) => vec![hit(false, a + b)],
                _ => Vec::new(),
            }
        }
        ShapeSides::Pair { from, to } => {
            let pair = |first: &SideShape, second: &SideShape| {
                names(&first.side, source) && names(&second.side, target)
            };
            let named = stacks(&from.side) + stacks(&to.side);
            let mut hits = Vec::new();
            if pair(from, to) {
                hits.push(hit(false, named));
            }
            if pair(to, from) {
                hits.push(hit(true, named));
            }
            hits
        }
    }
}

fn stacks(side: &SideName) -> u8 {
    u8::from(side.stack.is_some())
}

/// `lap-337+Q27` counts as `lap-337`; a shape that names fixes wants those fixes.
fn names(side: &SideName, subject: &Subject) -> bool {
    side.provider == subject.provider
        && side.stack.as_ref().is_none_or(|stack| {
            stack.base == subject.stack.base
                && stack
                    .fixes
                    .iter()
                    .all(|fix| subject.stack.fixes.contains(fix))
        })
}

fn holds_when(when: &When, subjects: &Subjects) -> bool {
    let lane = |fact: LaneFact| when.lane.iter().any(|lane| lane == fact.name());
    let lanes = when.lane.is_empty() || subjects.sides.iter().all(|(_, side)| lane(side.lane));
    let engine = when.engine.is_empty()
        || subjects
            .engine
            .as_ref()
            .is_some_and(|engine| when.engine.contains(engine));
    let has = when
        .has
        .iter()
        .all(|name| subjects.capabilities.contains(name));
    let version = when
        .version
        .as_ref()
        .is_none_or(|range| in_range(range, subjects));
    lanes && engine && has && version
}

/// A version that nobody said is in no range: the difference then shows as new.
fn in_range(range: &VersionRange, subjects: &Subjects) -> bool {
    let of_provider = subjects
        .sides
        .iter()
        .map(|(_, side)| side)
        .filter(|subject| subject.provider == range.provider);
    let mut any = false;
    for subject in of_provider {
        let Some(version) = subject.version.as_deref().and_then(numbers) else {
            return false;
        };
        any = true;
        let order = compare_versions(&version, &range.version);
        let holds = match range.operator.as_str() {
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            _ => order.is_eq(),
        };
        if !holds {
            return false;
        }
    }
    any
}

fn compare_versions(a: &[u64], b: &[u64]) -> std::cmp::Ordering {
    let at = |list: &[u64], index: usize| list.get(index).copied().unwrap_or(0);
    (0..a.len().max(b.len()))
        .map(|index| at(a, index).cmp(&at(b, index)))
        .find(|order| order.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}

/// `v0.226.1-rc1` as numbers.
pub(super) fn numbers(text: &str) -> Option<Vec<u64>> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let plain = text.split(['-', '+']).next().unwrap_or_default();
    plain.split('.').map(|part| part.parse().ok()).collect()
}

fn fits(shape: &ValueShape, value: &Shown, plural: bool) -> bool {
    match shape {
        ValueShape::Any => true,
        ValueShape::Matches(matcher) => matcher.check(&found(value, plural)).is_ok(),
    }
}

/// A value as matchers see it.
pub(crate) fn found(value: &Shown, plural: bool) -> Found<'_> {
    match value {
        Shown::Absent => Found::Absent,
        Shown::Json(Value::Array(items)) if plural => Found::Several(items.iter().collect()),
        Shown::Json(value) => Found::Json(value),
        Shown::Bytes(blob) => Found::Bytes(blob),
    }
}
