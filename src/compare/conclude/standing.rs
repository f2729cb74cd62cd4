//! Differences of nature: fields that a side never has, judged once for the run over all steps of
//! a verb, and not in any case.

use std::sync::Arc;

use cutover_base::blob::sha256_hex;
use cutover_base::by_side::BySide;
use cutover_base::side::Side;
use indexmap::IndexMap;

use crate::compare::answer::Standing;
use crate::compare::conclude::RunFacts;
use crate::compare::conclude::divergences::{below_surface, is_judged};
use crate::compare::ledger::Ledger;
use crate::compare::pick::is_plural;
use crate::compare::verdict::{CaseVerdict, Nature, ObservedValue, Shown, StepVerdict, Verdict};
use crate::scenario::field_path::FieldPath;
use crate::scenario::verbs::Verb;

/// The field that every call has on both sides, and that says how the others are kept.
const TOLD_BY_ALL: &str = "$.streams";

type Values = BySide<Vec<Shown>>;

/// Steps of a verb, each with what it tells of one field.
type Steps<'c> = Vec<(&'c StepVerdict, &'c Nature)>;

/// What stands between the sides, by verb and field; nothing where both sides are one provider,
/// which has one nature.
pub(super) fn of(cases: &[CaseVerdict], ledger: &Ledger, facts: &RunFacts) -> Vec<Standing> {
    let BySide { source, target } = &facts.subjects.sides;
    if source.provider == target.provider {
        return Vec::new();
    }
    let mut groups: IndexMap<(&'static str, &str), (&'static Verb, Steps<'_>)> = IndexMap::new();
    let outermost = cases
        .iter()
        .filter(|case| is_judged(case.verdict) && !below_surface(case, cases));
    let steps = outermost.flat_map(|case| &case.steps);
    for step in steps.filter(|step| is_judged(step.verdict)) {
        for nature in &step.natures {
            let key = (step.verb.name, nature.path.as_ref());
            let group = groups.entry(key).or_insert((step.verb, Vec::new()));
            group.1.push((step, nature));
        }
    }
    groups
        .sort_by(|a, (one, _), b, (other, _)| (one.position(), a.1).cmp(&(other.position(), b.1)));
    groups
        .into_iter()
        .flat_map(|((_, field), (verb, steps))| judge(verb, field, &steps, ledger, facts))
        .collect()
}

/// One verdict for each entry that explains steps, and one for those that none explains.
fn judge(
    verb: &'static Verb,
    field: &str,
    steps: &Steps<'_>,
    ledger: &Ledger,
    facts: &RunFacts,
) -> Vec<Standing> {
    let lacks = lacking(steps);
    let differs = |values: &Values| match lacks {
        Some(side) => values[side.other()].iter().any(holds_something),
        None => field == TOLD_BY_ALL && disagree(values),
    };
    let plural = FieldPath::parse(field).is_ok_and(|path| is_plural(&path));
    let hits = ledger.standing(verb, field, &facts.subjects);
    let (mut explained, mut rest) = (vec![0; hits.len()], 0);
    // One step at a time: a run may have a hundred thousand.
    for (step, nature) in steps {
        let values = values(step, nature);
        if !differs(&values) {
            continue;
        }
        match hits.iter().position(|hit| hit.fits(&values, plural)) {
            Some(index) => explained[index] += 1,
            None => rest += 1,
        }
    }
    let of = steps.len();
    let standing = |count: usize| Standing {
        verb: verb.name,
        field: field.to_owned(),
        lacks,
        count,
        of,
        verdict: Verdict::NewDivergence,
        quirk: None,
        effect: None,
        gate: None,
        fingerprint: fingerprint(verb, field),
    };
    let known = hits.iter().zip(explained).filter(|(_, count)| *count > 0);
    let mut found: Vec<Standing> = known
        .map(|(hit, count)| Standing {
            verdict: Verdict::KnownDivergence,
            quirk: Some(hit.entry.id.clone()),
            effect: Some(hit.effect()),
            gate: Some(hit.gate(facts.today())),
            ..standing(count)
        })
        .collect();
    if rest > 0 {
        found.push(standing(rest));
    }
    found
}

/// What both sides gave in the field.
fn values(step: &StepVerdict, nature: &Nature) -> Values {
    if let Some(parts) = &nature.parts {
        return parts.clone();
    }
    let field = step.fields.iter().find(|field| *field.path == *nature.path);
    field.map_or_else(Values::default, |field| {
        let raw =
            |side: &Arc<Vec<ObservedValue>>| side.iter().map(|value| value.raw.clone()).collect();
        field.values.as_ref().map(raw)
    })
}

/// The side that never has the field, where the other one has it.
fn lacking(steps: &Steps<'_>) -> Option<Side> {
    let mut has = BySide {
        source: false,
        target: false,
    };
    for (step, nature) in steps {
        for (side, values) in values(step, nature).iter() {
            has[side] |= values.iter().any(|value| *value != Shown::Absent);
        }
    }
    match (has.source, has.target) {
        (true, false) => Some(Side::Target),
        (false, true) => Some(Side::Source),
        _ => None,
    }
}

fn holds_something(value: &Shown) -> bool {
    match value {
        Shown::Absent => false,
        Shown::Bytes(blob) => blob.len > 0,
        Shown::Json(json) => !matches!(json, serde_json::Value::Null) && json != "",
    }
}

/// Whether both sides say something, and not the same. A side that says nothing in one call has
/// failed there, which its case tells.
fn disagree(values: &Values) -> bool {
    let said = |side: &Vec<Shown>| -> Vec<Shown> {
        let mut said: Vec<Shown> = Vec::new();
        for value in side.iter().filter(|value| **value != Shown::Absent) {
            if !said.contains(value) {
                said.push(value.clone());
            }
        }
        said
    };
    let BySide { source, target } = values.as_ref().map(said);
    !source.is_empty() && !target.is_empty() && source != target
}

/// Of verb and field alone: the difference is one and the same whatever was run.
fn fingerprint(verb: &Verb, field: &str) -> String {
    // A NUL stands in neither, and a case is never empty.
    let text = format!("\0{}\0{field}\0standing", verb.name);
    format!("D-{}", &sha256_hex(text.as_bytes())[..8])
}
