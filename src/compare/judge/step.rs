//! Judging one step: errors first, then what stands aside, then its fields.

use std::collections::BTreeSet;

use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::call::Outcome;
use crate::compare::cause::Cause;
use crate::compare::fields::{FieldSpec, specs};
use crate::compare::json::differences;
use crate::compare::judge::cause::{Given, causes, gave};
use crate::compare::judge::deployed::hidden_failures;
use crate::compare::judge::field::{Seen, judge_field};
use crate::compare::judge::got::{Got, aside, failed, results};
use crate::compare::judge::guarded::states;
use crate::compare::judge::input::CaseInput;
use crate::compare::judge::nature::{advise, natures};
use crate::compare::verdict::{
    CaseError, FieldVerdict, ObservedValue, Shown, StepVerdict, Verdict,
};
use crate::normalise::Normaliser;
use crate::scenario::CallText;
use crate::scenario::model::Step;
use crate::scenario::verbs::VerbKind;
use crate::transcript::Transcript;
use crate::transcript::record::UnmetExpectation;

/// Differences of structure that a reason tells; the report shows the rest.
const DIFFERENCES_TOLD: usize = 3;

/// The transcripts of one side, each with its rules.
pub(super) type Replays<'a> = [(&'a Transcript, Normaliser)];

/// A judged step, and what the case needs of it.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) step: StepVerdict,
    pub(super) errors: Vec<CaseError>,
    pub(super) causes: Vec<Cause>,
}

pub(super) fn judge_step(
    input: &CaseInput<'_>,
    id: &str,
    step: &Step,
    replays: BySide<&Replays<'_>>,
    earlier: &BTreeSet<String>,
) -> Judged {
    let mut judged = Judged {
        step: StepVerdict {
            id: id.to_owned(),
            line: step.line,
            verb: step.action.verb(),
            call: CallText::of(step),
            verdict: Verdict::Skipped,
            reason: String::new(),
            unmet: Vec::new(),
            blame: None,
            agrees_only_in_failing: false,
            gave: BySide::default(),
            fields: Vec::new(),
            natures: Vec::new(),
        },
        errors: Vec::new(),
        causes: Vec::new(),
    };
    let got = BySide::from_fn(|side| results(input, id, step, side, replays[side]));
    judged.step.unmet = unmet(id, replays, got.as_ref().map(Vec::as_slice));
    judged.causes = causes(
        input,
        Given {
            id,
            step,
            replays,
            got: &got,
        },
    );
    judged.errors = errors(id, replays, &got);
    if let Some(error) = worst_error(&judged.errors) {
        (judged.step.verdict, judged.step.reason) = of_error(input, id, error);
        judged.step.gave = gave(replays, &got);
        return judged;
    }
    if let Some((verdict, reason)) = aside(&got) {
        (judged.step.verdict, judged.step.reason) = (verdict, reason);
        judged.step.gave = gave(replays, &got);
    } else {
        let seen = BySide::from_fn(|side| seen(replays[side], &got[side]));
        judge_fields(input, (id, step), &mut judged, &seen, earlier);
        let hidden = hidden_failures(input, (id, step), &judged.step.fields, &seen);
        if let Some(first) = hidden.first() {
            (judged.step.verdict, judged.step.reason) = of_error(input, id, first);
            judged.step.gave = gave(replays, &got);
            judged.step.fields.clear();
            judged.step.unmet.clear();
            judged.errors = hidden;
            return judged;
        }
        judged.step.natures = natures(step, input.surface, &seen);
        advise(&mut judged.step.unmet, &seen);
    }
    if let Some((side, _, unmet)) = judged.step.unmet.first()
        && (judged.step.verdict < Verdict::ExpectationFailed || judged.step.verdict.is_aside())
    {
        judged.step.verdict = Verdict::ExpectationFailed;
        judged.step.reason = format!(
            "expected in line {} of `{}` on the {side}: {}",
            unmet.line, unmet.path, unmet.message
        );
    }
    judged
}

/// The errors that the sides met.
fn errors(id: &str, replays: BySide<&Replays<'_>>, got: &BySide<Vec<Got<'_>>>) -> Vec<CaseError> {
    let mut errors = Vec::new();
    for (side, got) in got.iter() {
        for ((transcript, _), got) in replays[side].iter().zip(got) {
            if let Got::Error(class, message) = got {
                errors.push(CaseError {
                    side,
                    replay: transcript.replay,
                    step: id.to_owned(),
                    class: *class,
                    message: message.clone(),
                });
            }
        }
    }
    errors
}

/// What a step comes to that met an error, and why.
fn of_error(input: &CaseInput<'_>, id: &str, error: &CaseError) -> (Verdict, String) {
    let (verdict, who) = match error.class {
        None => (Verdict::HarnessError, "harness"),
        Some(_) => (Verdict::ProviderError, "provider"),
    };
    let reason = match states(id, input.transcripts) {
        // Each side has been told; what is left of the message is what to do.
        Some(states) => match error.message.split_once("; ") {
            Some((_, advice)) => format!("{states}; {advice}"),
            None => states,
        },
        None => format!("the {who} failed on the {}: {}", error.side, error.message),
    };
    (verdict, reason)
}

fn judge_fields(
    input: &CaseInput<'_>,
    (id, step): (&str, &Step),
    judged: &mut Judged,
    seen: &BySide<Vec<Seen<'_>>>,
    earlier: &BTreeSet<String>,
) {
    let outcomes: Vec<&Outcome> = seen
        .iter()
        .flat_map(|(_, side)| side.iter().map(|seen| seen.outcome))
        .collect();
    let specs = specs(step, input.surface, &outcomes);
    for spec in &specs {
        match judge_field(input, (id, step), (spec, &specs), seen, earlier) {
            Ok(field) => judged.step.fields.push(field),
            Err(error) => {
                // Without the bytes nothing can be said, least of all that they agree.
                judged.errors.push(CaseError {
                    side: Side::Source,
                    replay: 1,
                    step: id.to_owned(),
                    class: None,
                    message: format!(
                        "a captured value of `{}` cannot be read: {error}",
                        spec.path.text
                    ),
                });
            }
        }
    }
    if let Some(error) = judged.errors.first() {
        judged.step.verdict = Verdict::HarnessError;
        judged.step.reason.clone_from(&error.message);
        return;
    }
    follow_each_other(input, (id, step), &specs, judged, seen, earlier);
    let worst = judged
        .step
        .fields
        .iter()
        .filter(|field| field.verdict.is_some())
        .reduce(|worst, field| {
            if field.verdict > worst.verdict {
                field
            } else {
                worst
            }
        });
    match worst {
        None => {
            judged.step.verdict = Verdict::Skipped;
            "no field of it is compared".clone_into(&mut judged.step.reason);
        }
        Some(field) => {
            judged.step.verdict = field.verdict.unwrap_or(Verdict::Skipped);
            judged.step.reason = field_reason(input, field);
        }
    }
    // Steps that make or clear a sandbox are not work: a case whose every command fails must not
    // look alive because its sandbox could be made.
    judged.step.agrees_only_in_failing = step.action.verb().kind == VerbKind::Work
        && judged.step.verdict <= Verdict::KnownDivergence
        && !step
            .expect
            .iter()
            .any(|expect| expect.surface.is_none_or(|on| on == input.surface))
        && outcomes
            .iter()
            .all(|outcome| failed(outcome, input.surface));
}

/// Looks again at what nothing explains, now that it is known what the step's own fields show: what
/// a command gave differs as well where a limit has ended it on one side.
fn follow_each_other(
    input: &CaseInput<'_>,
    place: (&str, &Step),
    specs: &[FieldSpec],
    judged: &mut Judged,
    seen: &BySide<Vec<Seen<'_>>>,
    earlier: &BTreeSet<String>,
) {
    let own = judged
        .step
        .fields
        .iter()
        .filter_map(|field| field.quirk.clone());
    let shown: BTreeSet<String> = earlier.iter().cloned().chain(own).collect();
    if shown.len() == earlier.len() {
        return;
    }
    for (field, spec) in judged.step.fields.iter_mut().zip(specs) {
        let is_open = |verdict: Verdict| verdict > Verdict::KnownDivergence && !verdict.is_aside();
        if field.verdict.is_some_and(is_open)
            && let Ok(again) = judge_field(input, place, (spec, specs), seen, &shown)
        {
            *field = again;
        }
    }
}

fn field_reason(input: &CaseInput<'_>, field: &FieldVerdict) -> String {
    let path = &field.path;
    match field.verdict {
        Some(Verdict::Identical) => "the same on both sides".to_owned(),
        Some(Verdict::Equivalent) => format!("the same after {}", field.rules.join(", ")),
        Some(Verdict::KnownDivergence) => {
            let quirk = field.quirk.as_deref().unwrap_or_default();
            format!("`{path}` differs as known: {}", input.ledger.titled(quirk))
        }
        Some(Verdict::Noise) => noise_reason(field),
        Some(Verdict::UnstableSource) => format!("`{path}` varies on the source only"),
        Some(Verdict::UnstableTarget) => format!("`{path}` varies on the target only"),
        _ => match &field.differs_from {
            Some(id) => format!("`{path}` differs, and not as {}", input.ledger.titled(id)),
            None => format!("`{path}` differs{}", structure(field)) + &likeness(input, field),
        },
    }
}

/// What varies, and the line that says it may.
fn noise_reason(field: &FieldVerdict) -> String {
    let path = &field.path;
    let replays: usize = field
        .values
        .iter()
        .flat_map(|(_, side)| side.iter())
        .map(|value| value.replays.len())
        .sum();
    let values: usize = field.values.iter().map(|(_, side)| side.len()).sum();
    let how = if values == replays {
        "is new in every replay on both sides"
    } else {
        "varies on both sides, and they share a value"
    };
    let name = path.trim_start_matches("$.");
    format!(
        "`{path}` {how}; if it may, write into the step \
         `compare: {{ {name}: {{ ignore: varies by itself }} }}`"
    )
}

fn likeness(input: &CaseInput<'_>, field: &FieldVerdict) -> String {
    match &field.looks_like {
        Some(id) => format!("; looks like {}", input.ledger.titled(id)),
        None => String::new(),
    }
}

/// The first differences of two JSON values, by kind and place.
fn structure(field: &FieldVerdict) -> String {
    let first = |side: &[ObservedValue]| {
        let value = side.first()?;
        match value.normalised.as_ref().unwrap_or(&value.raw) {
            Shown::Json(json) => Some(json.clone()),
            _ => None,
        }
    };
    if &*field.kind != "json" {
        return String::new();
    }
    let firsts = field.values.as_ref().map(|side| first(side));
    let (Some(source), Some(target)) = (firsts.source, firsts.target) else {
        return String::new();
    };
    let found = differences(&source, &target);
    let told: Vec<String> = found
        .iter()
        .take(DIFFERENCES_TOLD)
        .map(|found| format!("{} {}", found.kind.name(), found.path))
        .collect();
    let more = if found.len() > told.len() {
        ", ..."
    } else {
        ""
    };
    format!(": {}{more}", told.join(", "))
}

fn worst_error(errors: &[CaseError]) -> Option<&CaseError> {
    errors
        .iter()
        .find(|error| error.class.is_none())
        .or_else(|| errors.first())
}

fn seen<'a>(replays: &'a Replays<'_>, got: &'a [Got<'_>]) -> Vec<Seen<'a>> {
    replays
        .iter()
        .zip(got)
        .filter_map(|((transcript, normaliser), got)| match got {
            Got::Outcome(outcome) => Some(Seen {
                replay: transcript.replay,
                outcome: outcome.as_ref(),
                normaliser,
            }),
            _ => None,
        })
        .collect()
}

/// What outcomes did not hold to. An error was held against nothing.
fn unmet(
    id: &str,
    replays: BySide<&Replays<'_>>,
    got: BySide<&[Got<'_>]>,
) -> Vec<(Side, u32, UnmetExpectation)> {
    let mut all = Vec::new();
    for (side, replays) in replays.iter() {
        for ((transcript, _), got) in replays.iter().zip(got[side]) {
            if !matches!(got, Got::Outcome(_)) {
                continue;
            }
            let records = transcript.steps.iter().filter(|record| record.step == id);
            let found = records.flat_map(|record| record.unmet.iter().cloned());
            all.extend(found.map(|unmet| (side, transcript.replay, unmet)));
        }
    }
    all
}
