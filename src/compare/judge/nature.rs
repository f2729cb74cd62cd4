//! What a step tells of fields that a side may not have at all: stderr where a provider keeps one
//! stream, the target of a link in a listing. A case says nothing of them; the run does, once.

use std::borrow::Cow;

use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::call::{Outcome, Surface};
use crate::compare::judge::field::Seen;
use crate::compare::verdict::{Nature, Shown};
use crate::scenario::Found;
use crate::scenario::field_path::FieldPath;
use crate::scenario::model::{CompareKind, Step};
use crate::scenario::verbs::{Compared, Field};
use crate::transcript::record::UnmetExpectation;

/// Parts of an entry that are not compared with it.
const ENTRY_PARTS: [(&str, &str); 4] = [
    ("mode", "$.entries[*].mode"),
    ("mtime", "$.entries[*].mtime"),
    ("owner", "$.entries[*].owner"),
    ("target", "$.entries[*].target"),
];

/// The fields of a verb whose being there at all is the provider's nature, by name and path.
/// Standard output is none of them: a side with one stream has it in `output`, which is compared.
fn watched(field: &'static Field) -> Vec<(&'static str, Cow<'static, str>)> {
    match (field.name, &field.compared) {
        ("entries", _) => ENTRY_PARTS
            .iter()
            .map(|(_, path)| ("entries", Cow::Borrowed(*path)))
            .collect(),
        ("stderr", _) => vec![("stderr", Cow::Borrowed("$.stderr"))],
        ("streams", _) => vec![("streams", Cow::Borrowed("$.streams"))],
        (name, Compared::No(_)) => vec![(name, Cow::Owned(format!("$.{name}")))],
        _ => Vec::new(),
    }
}

/// What the step tells of them. A step that fails on a side tells nothing, and what the step
/// compares or ignores itself is its own affair.
pub(super) fn natures(step: &Step, surface: Surface, seen: &BySide<Vec<Seen<'_>>>) -> Vec<Nature> {
    let all = || seen.iter().flat_map(|(_, side)| side);
    let failed = |seen: &Seen<'_>| seen.outcome.fields.contains_key("failure");
    if surface != Surface::Provider || all().any(failed) {
        return Vec::new();
    }
    let watched = step.action.verb().fields.iter().flat_map(watched);
    watched
        .filter(|(field, path)| !is_judged_here(step, field, path))
        .filter_map(|(_, text)| {
            let path = FieldPath::parse(&text).ok()?;
            // Whole fields are in the evidence of the step already.
            let held = |side: &Vec<Seen<'_>>| -> Vec<Shown> {
                side.iter().map(|one| held(&path, one.outcome)).collect()
            };
            let parts = path.below.is_some().then(|| seen.as_ref().map(held));
            Some(Nature { path: text, parts })
        })
        .collect()
}

/// Whether a `compare` of the step speaks for the field.
fn is_judged_here(step: &Step, field: &str, path: &str) -> bool {
    step.compare.iter().any(|rule| {
        let whole = rule.path.below.is_none();
        rule.path.field == field
            && match field {
                // Comparing the entries leaves out the parts; ignoring them does not.
                "entries" if whole => matches!(rule.kind, CompareKind::Ignore(_)),
                "entries" => ENTRY_PARTS
                    .iter()
                    .any(|(part, of)| *of == path && rule.path.text.contains(part)),
                _ => true,
            }
    })
}

fn held(path: &FieldPath, outcome: &Outcome) -> Shown {
    match path.find(outcome) {
        Found::Absent => Shown::Absent,
        Found::Bytes(blob) => Shown::Bytes(blob.clone()),
        Found::Json(value) => Shown::Json(value.clone()),
        Found::Several(values) if values.is_empty() => Shown::Absent,
        Found::Several(values) => Shown::Json(values.into_iter().cloned().collect()),
    }
}

/// Adds to a failed expectation on a field that only the other side has how to say so.
pub(super) fn advise(unmet: &mut [(Side, u32, UnmetExpectation)], seen: &BySide<Vec<Seen<'_>>>) {
    for (side, _, unmet) in unmet {
        let Ok(path) = FieldPath::parse(&unmet.path) else {
            continue;
        };
        let field = path.field.as_str();
        let here = &seen[*side];
        let there = &seen[side.other()];
        let has = |seen: &Seen<'_>| seen.outcome.fields.contains_key(field);
        let fails = |seen: &Seen<'_>| seen.outcome.fields.contains_key("failure");
        let lacks = !here.iter().any(|seen| has(seen) || fails(seen));
        if lacks && !there.is_empty() && there.iter().all(has) {
            let other = side.other();
            unmet.message = format!(
                "{}; the {side} has no `{field}`: write `expect: {{ {other}: {{ {field}: ... }} }}` \
                 for what holds on the {other} alone",
                unmet.message
            );
        }
    }
}
