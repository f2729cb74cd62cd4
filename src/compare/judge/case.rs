//! Judging one case: its steps, the worst of them, and how it ended.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cutover_base::by_side::BySide;

use crate::call::Surface;
use crate::compare::cause::Cause;
use crate::compare::first::{first_cause, first_that_differs};
use crate::compare::judge::blame::blame;
use crate::compare::judge::input::CaseInput;
use crate::compare::judge::step::{Judged, judge_step};
use crate::compare::steps::flatten;
use crate::compare::verdict::{CaseVerdict, StepVerdict, Verdict};
use crate::normalise::Normaliser;
use crate::scenario::model::Scenario;
use crate::scenario::verbs::VerbKind;
use crate::transcript::{Ending, Transcript};

/// Characters of a scenario's `why` that are kept for reports.
const WHY_CHARS_MAX: usize = 2000;

/// Judges one case.
pub fn judge_case(input: &CaseInput<'_>) -> CaseVerdict {
    let mut case = unjudged_case(
        input.case_id,
        input.scenario,
        input.surface,
        input.required,
        Verdict::Skipped,
        "",
    );
    for (side, transcripts) in input.transcripts.iter() {
        if transcripts.is_empty() {
            case.reason = format!("not run on the {side}");
            return case;
        }
    }
    let transcripts = || input.transcripts.iter().flat_map(|(_, side)| side.iter());
    case.ending = transcripts()
        .map(|side| side.ending)
        .max()
        .unwrap_or(Ending::Clean);
    case.duration_ms = transcripts().map(duration_ms).max().unwrap_or(0);
    let count = |side: &[Transcript]| u32::try_from(side.len()).unwrap_or(u32::MAX);
    case.replays = input.transcripts.map(count);
    let replays = input.transcripts.map(with_rules);
    let mut only_failed = Vec::new();
    let mut shown = BTreeSet::new();
    let steps = flatten(&input.scenario.steps);
    for (at, (id, step)) in steps.iter().enumerate() {
        let judged = judge_step(input, id, step, replays.as_ref().map(Vec::as_slice), &shown);
        let Judged {
            step,
            mut errors,
            causes,
        } = judged;
        if is_work(&step) {
            only_failed.push(step.agrees_only_in_failing);
        }
        shown.extend(step.fields.iter().filter_map(|field| field.quirk.clone()));
        case.errors.append(&mut errors);
        case.causes
            .extend(causes.into_iter().map(|cause| Cause { at, ..cause }));
        case.steps.push(step);
    }
    blame(&steps, &case.causes, &mut case.steps);
    (case.verdict, case.reason) = worst(&case);
    case.agrees_only_in_failing = case.verdict <= Verdict::KnownDivergence
        && !only_failed.is_empty()
        && only_failed.iter().all(|failed| *failed);
    case
}

/// A case that was not run, and why: a capability that is known to be missing (`unsupported`),
/// a cap, a filter, an interruption (`skipped`).
pub fn unjudged_case(
    case_id: &str,
    scenario: &Scenario,
    surface: Surface,
    required: bool,
    verdict: Verdict,
    reason: &str,
) -> CaseVerdict {
    CaseVerdict {
        case: case_id.to_owned(),
        scenario: scenario.name.clone(),
        file: scenario.file.display().to_string(),
        why: scenario.why.chars().take(WHY_CHARS_MAX).collect(),
        surface,
        tags: scenario.tags.clone(),
        traffic: scenario.traffic,
        required,
        verdict,
        reason: reason.to_owned(),
        ending: Ending::Clean,
        replays: BySide::default(),
        agrees_only_in_failing: false,
        duration_ms: 0,
        errors: Vec::new(),
        causes: Vec::new(),
        steps: Vec::new(),
    }
}

fn with_rules(side: &[Transcript]) -> Vec<(&Transcript, Normaliser)> {
    side.iter()
        .map(|transcript| (transcript, Normaliser::of(transcript)))
        .collect()
}

fn duration_ms(transcript: &Transcript) -> u64 {
    let took = transcript.ended.duration_since(transcript.started);
    u64::try_from(took.as_millis()).unwrap_or(0)
}

fn is_work(step: &StepVerdict) -> bool {
    !step.verdict.is_aside() && step.verb.kind == VerbKind::Work
}

/// The worst of the steps. A step that stands aside hides nothing that is wrong elsewhere, but a
/// case with one was not judged whole and never counts as agreement.
fn worst(case: &CaseVerdict) -> (Verdict, String) {
    let steps = &case.steps;
    let of = |step: &StepVerdict| (step.verdict, reason(case, step));
    let mut ranked: Option<&StepVerdict> = None;
    for step in steps.iter().filter(|step| !step.verdict.is_aside()) {
        if ranked.is_none_or(|had| step.verdict > had.verdict) {
            ranked = Some(step);
        }
    }
    let aside = [
        Verdict::Unsupported,
        Verdict::NotRecorded,
        Verdict::NotReached,
    ]
    .into_iter()
    .find_map(|verdict| steps.iter().find(|step| step.verdict == verdict));
    match (ranked, aside) {
        // From here on the verdict keeps the run from passing whatever stands aside.
        (Some(step), _) if step.verdict >= Verdict::UnstableSource => of(step),
        (_, Some(step)) => of(step),
        (Some(step), None) if step.verdict == Verdict::Identical => {
            (Verdict::Identical, "the same on both sides".to_owned())
        }
        (Some(step), None) => of(step),
        (None, None) => (Verdict::Skipped, "no field of it is compared".to_owned()),
    }
}

/// The step that decided; the first that differs, if that is another; and what they suffer from.
fn reason(case: &CaseVerdict, decided: &StepVerdict) -> String {
    let mut text = format!("step `{}`: {}", decided.id, decided.reason);
    if let Some(first) = first_that_differs(case, decided) {
        let _ = write!(text, "; {first}");
    }
    // Without a cause of its own, what another step could not be made for is told.
    let blamed = decided.blame.or_else(|| {
        let mut blamed = case.steps.iter().filter_map(|step| step.blame);
        blamed.find(|blame| blame.certain)
    });
    let Some(blame) = blamed else {
        return text;
    };
    let own = case.causes.get(blame.cause);
    let told = match own.filter(|cause| cause.step == decided.id) {
        Some(cause) if decided.reason.contains(&cause.what) => None,
        Some(cause) => Some(cause.what.clone()),
        None => first_cause(case, blame),
    };
    if let Some(told) = told {
        let _ = write!(text, "; {told}");
    }
    text
}
