//! How the ledger fared: matched, shared, stale, expired.

use std::collections::BTreeMap;

use crate::compare::answer::{QuirkUse, Standing};
use crate::compare::conclude::RunFacts;
use crate::compare::conclude::divergences::is_judged;
use crate::compare::ledger::{Entry, EntryKind, FieldPlace, Ledger, Place};
use crate::compare::pick::is_plural;
use crate::compare::verdict::{CaseVerdict, FieldVerdict, ObservedValue, Shown};
use crate::scenario::field_path::FieldPath;

/// What was seen of one shape over all cases.
#[derive(Debug, Default, Clone, Copy)]
struct Sight {
    judged: bool,
    shown: bool,
}

pub(super) fn of(
    cases: &[CaseVerdict],
    standing: &[Standing],
    ledger: &Ledger,
    facts: &RunFacts,
) -> QuirkUse {
    let sights = sights(cases, ledger, facts);
    let mut used = QuirkUse::default();
    for entry in &ledger.entries {
        if entry.kind == EntryKind::Standing {
            let met = standing
                .iter()
                .any(|found| found.quirk.as_ref() == Some(&entry.id));
            seen_or_not(&mut used, entry, met, facts);
            continue;
        }
        let of_entry: Vec<(usize, Sight)> = entry
            .shapes
            .iter()
            .enumerate()
            .map(|(index, _)| (index, at(&sights, entry, index)))
            .collect();
        if of_entry.iter().any(|(_, sight)| sight.shown) {
            match entry.kind {
                EntryKind::Divergence => used.matched.push(entry.id.clone()),
                EntryKind::Shared => used.shared.push(entry.id.clone()),
                EntryKind::Standing => {}
            }
        } else if entry.shapes.iter().all(|shape| shape.place.is_wide()) {
            used.unused.push(entry.id.clone());
        }
        let judged = of_entry.iter().any(|(_, sight)| sight.judged);
        if judged && entry.is_expired(facts.today()) {
            used.expired.push(entry.id.clone());
        }
        if facts.sharded {
            continue;
        }
        let missing = of_entry
            .iter()
            .find(|(_, sight)| sight.judged && !sight.shown);
        if let Some((index, _)) = missing {
            used.stale
                .push((entry.id.clone(), stale_reason(entry, *index, facts)));
        }
    }
    if !facts.sharded {
        for (id, why) in &ledger.orphans {
            if ledger.get(id).is_some() && !used.stale.iter().any(|(had, _)| had == id) {
                used.stale.push((id.clone(), why.clone()));
            }
        }
    }
    used
}

/// Of an entry about every call: seen or unused, and never stale.
fn seen_or_not(used: &mut QuirkUse, entry: &Entry, met: bool, facts: &RunFacts) {
    let list = if met {
        &mut used.matched
    } else {
        &mut used.unused
    };
    list.push(entry.id.clone());
    if met && entry.is_expired(facts.today()) {
        used.expired.push(entry.id.clone());
    }
}

fn stale_reason(entry: &Entry, index: usize, facts: &RunFacts) -> String {
    let shape = &entry.shapes[index];
    let place = match &shape.place {
        Place::Steps { case, step } => format!(
            "`{}` of step `{}` in `{}`",
            shape.field.text,
            step.text(),
            case.text()
        ),
        Place::Verb { .. } => format!("`{}` of {}", shape.field.text, shape.place.text()),
    };
    if facts.subjects.is_fidelity() {
        return format!("stand-in wrong: {place} is not as the entry says on both lanes");
    }
    match entry.kind {
        EntryKind::Divergence | EntryKind::Standing => {
            format!("{place} no longer differs as the entry says")
        }
        EntryKind::Shared => format!("{place} is no longer as the entry says on both sides"),
    }
}

type Sights = BTreeMap<(String, usize), Sight>;

fn at(sights: &Sights, entry: &Entry, index: usize) -> Sight {
    sights
        .get(&(entry.id.clone(), index))
        .copied()
        .unwrap_or_default()
}

/// Looks at every judged field for the shapes that speak for it. A shape about several cases
/// (a pattern) is shown when one of them shows it; alternatives of one entry for one field are
/// shown together.
fn sights(cases: &[CaseVerdict], ledger: &Ledger, facts: &RunFacts) -> Sights {
    let mut sights = Sights::new();
    for case in cases {
        for step in case.steps.iter().filter(|step| is_judged(step.verdict)) {
            for field in step.fields.iter().filter(|field| field.verdict.is_some()) {
                let place = FieldPlace {
                    case: &case.case,
                    step: &step.id,
                    verb: step.verb,
                    field: &field.path,
                };
                look_at(&mut sights, ledger, facts, &place, field);
            }
        }
    }
    sights
}

fn look_at(
    sights: &mut Sights,
    ledger: &Ledger,
    facts: &RunFacts,
    place: &FieldPlace<'_>,
    field: &FieldVerdict,
) {
    for kind in [EntryKind::Divergence, EntryKind::Shared] {
        for hit in ledger.about(kind, place, &facts.subjects) {
            let shown = match kind {
                EntryKind::Divergence | EntryKind::Standing => {
                    field.quirk.as_ref() == Some(&hit.entry.id)
                }
                EntryKind::Shared => hit.fits(
                    &field.values.as_ref().map(|side| values(side)),
                    FieldPath::parse(&field.path).is_ok_and(|path| is_plural(&path)),
                ),
            };
            for (index, shape) in hit.entry.shapes.iter().enumerate() {
                if std::ptr::eq(shape, hit.shape) {
                    let sight = sights.entry((hit.entry.id.clone(), index)).or_default();
                    // One about many steps may find nothing to explain, and is not stale for it.
                    sight.judged |= shown || !shape.place.is_wide();
                    sight.shown |= shown;
                }
            }
        }
    }
}

fn values(side: &[ObservedValue]) -> Vec<Shown> {
    side.iter()
        .map(|value| {
            value
                .normalised
                .clone()
                .unwrap_or_else(|| value.raw.clone())
        })
        .collect()
}
