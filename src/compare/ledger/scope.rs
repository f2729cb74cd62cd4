//! Which shapes speak for a field of this run, and in which direction.

use cutover_base::by_side::BySide;
use jiff::civil::Date;

use crate::call::Surface;
use crate::compare::ledger::entry::{
    Entry, EntryKind, Ledger, Shape, ShapeSides, SideName, SideShape, VersionRange, When,
};
use crate::compare::ledger::place::Place;
use crate::compare::ledger::rank::Rank;
use crate::compare::ledger::values::{Tails, fits, is_near, is_some_text};
use crate::compare::subjects::{LaneFact, Subject, Subjects};
use crate::compare::verdict::{Effect, Gate, Shown};
use crate::scenario::verbs::Verb;

/// A shape that is in scope for a field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit<'l> {
    pub(crate) entry: &'l Entry,
    pub(crate) shape: &'l Shape,
    /// Whether the run goes from the shape's `to` to its `from`.
    pub(crate) swapped: bool,
    rank: Rank,
}

/// A field of a step, as the ledger is asked about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldPlace<'a> {
    pub(crate) case: &'a str,
    pub(crate) step: &'a str,
    pub(crate) verb: &'a Verb,
    pub(crate) field: &'a str,
}

impl Ledger {
    /// The shapes that speak for a field, the most exact first. Shapes about its one place keep
    /// all others out, and of them only the most exact speak: where the ledger says what is
    /// expected just there, nothing more general may excuse what differs from it.
    pub(crate) fn about(
        &self,
        kind: EntryKind,
        at: &FieldPlace<'_>,
        subjects: &Subjects,
    ) -> Vec<Hit<'_>> {
        let speaks = |entry: &Entry, shape: &Shape| {
            shape.field.text == at.field
                && shape.place.names(at.case, at.step, at.verb)
                && !is_fixed(entry, at.case, subjects)
        };
        let mut hits = self.hits(kind, subjects, speaks);
        if hits.iter().any(|hit| !hit.shape.place.is_wide()) {
            let most = hits.iter().map(|hit| hit.rank).max();
            hits.retain(|hit| Some(hit.rank) == most);
        } else {
            // Of two alike the user's own goes first.
            hits.sort_by_key(|hit| std::cmp::Reverse((hit.rank, hit.entry.is_own())));
        }
        hits
    }

    /// The standing entries about a field of a verb, the most exact first.
    pub(crate) fn standing(&self, verb: &Verb, field: &str, subjects: &Subjects) -> Vec<Hit<'_>> {
        let speaks = |_: &Entry, shape: &Shape| {
            let of_verb = matches!(shape.place, Place::Verb { verb: wanted, .. } if wanted == verb);
            of_verb && shape.field.text == field
        };
        let mut hits = self.hits(EntryKind::Standing, subjects, speaks);
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.rank));
        hits
    }

    /// The divergence that the values of a field are like, though no shape speaks for its place.
    /// Only texts are looked at: that two exit codes are like others elsewhere says nothing.
    pub(crate) fn looks_like(
        &self,
        field: &str,
        values: &BySide<Vec<Shown>>,
        subjects: &Subjects,
    ) -> Option<&Entry> {
        if !values.iter().all(|(_, side)| side.iter().all(is_some_text)) {
            return None;
        }
        // What follows from another difference takes nearly any text, and would be like everything.
        let tells = |shape: &Shape| !shape.takes_any() && !shape.follows;
        let speaks = |_: &Entry, shape: &Shape| shape.field.text == field && tells(shape);
        let hits = self.hits(EntryKind::Divergence, subjects, speaks);
        let like = hits.iter().find(|hit| hit.fits(values, false));
        let like = like.or_else(|| hits.iter().find(|hit| hit.is_near(values)));
        like.map(|hit| hit.entry)
    }

    fn hits(
        &self,
        kind: EntryKind,
        subjects: &Subjects,
        speaks: impl Fn(&Entry, &Shape) -> bool,
    ) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.kind == kind) {
            for shape in &entry.shapes {
                if speaks(entry, shape) && holds_when(&shape.when, subjects) {
                    hits.extend(directions(entry, shape, subjects));
                }
            }
        }
        hits
    }
}

impl Hit<'_> {
    /// Whether every value of each side fits.
    pub(crate) fn fits(&self, values: &BySide<Vec<Shown>>, plural: bool) -> bool {
        self.fits_with(values, &Tails::default(), plural)
    }

    /// Whether every value of each side fits, where it is known how many lines at the end of each
    /// are standard error.
    pub(crate) fn fits_with(
        &self,
        values: &BySide<Vec<Shown>>,
        tails: &Tails,
        plural: bool,
    ) -> bool {
        fits(self.shape, self.swapped, values, tails, plural)
    }

    /// Whether a part of the values fits.
    fn is_near(&self, values: &BySide<Vec<Shown>>) -> bool {
        is_near(self.shape, self.swapped, values)
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
fn is_fixed(entry: &Entry, case: &str, subjects: &Subjects) -> bool {
    let surface = case.split('/').next();
    surface != Some(Surface::Provider.name())
        && subjects
            .sides
            .iter()
            .any(|(_, side)| side.stack.fixes.contains(&entry.id))
}

fn directions<'l>(entry: &'l Entry, shape: &'l Shape, subjects: &Subjects) -> Vec<Hit<'l>> {
    let BySide { source, target } = &subjects.sides;
    let hit = |swapped: bool, stacks: u8| Hit {
        entry,
        shape,
        swapped,
        rank: Rank::of(shape, stacks),
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
