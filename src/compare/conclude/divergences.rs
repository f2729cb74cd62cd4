//! The divergences of a run, and where each enters.

use crate::call::Surface;
use crate::compare::answer::{Divergence, Standing};
use crate::compare::conclude::RunFacts;
use crate::compare::verdict::{CaseVerdict, FieldVerdict, StepVerdict, Verdict};

/// Surfaces from the provider outwards.
const OUTWARDS: [Surface; 3] = [Surface::Provider, Surface::Platform, Surface::Mcp];

/// Whether a field diverges: everything with a fingerprint but noise, which both sides share.
pub(super) fn diverges(field: &FieldVerdict) -> bool {
    matches!(
        field.verdict,
        Some(
            Verdict::KnownDivergence
                | Verdict::NewDivergence
                | Verdict::UnstableSource
                | Verdict::UnstableTarget
        )
    )
}

/// Whether a case was judged: it stands in the ranking, and above the errors.
pub(super) const fn is_judged(verdict: Verdict) -> bool {
    !verdict.is_aside() && !matches!(verdict, Verdict::HarnessError | Verdict::ProviderError)
}

/// The case without its surface: what cases of one scenario and point have in common.
pub(super) fn below(case: &CaseVerdict) -> &str {
    case.case.split_once('/').map_or("", |(_, rest)| rest)
}

/// Whether the case lies beneath the outermost judged surface of its scenario: it is shown, and
/// blocks nothing.
pub fn below_surface(case: &CaseVerdict, cases: &[CaseVerdict]) -> bool {
    cases.iter().any(|other| {
        rank(other.surface) > rank(case.surface)
            && below(other) == below(case)
            && is_judged(other.verdict)
    })
}

fn rank(surface: Surface) -> usize {
    OUTWARDS
        .iter()
        .position(|other| *other == surface)
        .unwrap_or(0)
}

pub(super) fn of(cases: &[CaseVerdict], facts: &RunFacts) -> Vec<Divergence> {
    let mut out = Vec::new();
    for case in cases {
        for step in &case.steps {
            for field in step.fields.iter().filter(|field| diverges(field)) {
                let (Some(fingerprint), Some(verdict)) = (&field.fingerprint, field.verdict) else {
                    continue;
                };
                let first_seen = facts
                    .since
                    .as_ref()
                    .and_then(|since| since.divergences.get(fingerprint).copied());
                out.push(Divergence {
                    fingerprint: fingerprint.clone(),
                    case: case.case.clone(),
                    step: step.id.clone(),
                    field: field.path.to_string(),
                    verdict,
                    quirk: field.quirk.clone(),
                    effect: field.effect,
                    gate: field.gate,
                    enters_at: enters_at(case, &step.id, cases).to_owned(),
                    first_seen,
                });
            }
        }
    }
    out
}

/// The divergences of the run as a whole: differences of nature that nothing explains. They have
/// no case and no step.
pub(super) fn of_the_run(standing: &[Standing], facts: &RunFacts) -> Vec<Divergence> {
    let new = standing
        .iter()
        .filter(|found| found.verdict == Verdict::NewDivergence);
    new.map(|found| Divergence {
        fingerprint: found.fingerprint.clone(),
        case: String::new(),
        step: String::new(),
        field: found.field.clone(),
        verdict: found.verdict,
        quirk: None,
        effect: None,
        gate: None,
        enters_at: Surface::Provider.name().to_owned(),
        first_seen: facts
            .since
            .as_ref()
            .and_then(|since| since.divergences.get(&found.fingerprint).copied()),
    })
    .collect()
}

/// The lowest judged surface at which the step diverges, if that is the provider or the surface
/// below it was judged and does not show it. Fields have other names at other surfaces, so the
/// step is what is looked at.
fn enters_at(case: &CaseVerdict, step: &str, cases: &[CaseVerdict]) -> &'static str {
    let at = |surface: Surface| {
        cases
            .iter()
            .filter(|other| other.surface == surface && below(other) == below(case))
            .flat_map(|other| &other.steps)
            .find(|other| other.id == step && is_judged(other.verdict))
    };
    let shows = |step: &StepVerdict| step.fields.iter().any(diverges);
    let Some(lowest) = OUTWARDS
        .into_iter()
        .find(|surface| at(*surface).is_some_and(shows))
    else {
        return "unknown";
    };
    match rank(lowest).checked_sub(1) {
        None => lowest.name(),
        // `find` has passed the surface below, so a judged step there does not show it.
        Some(below) if at(OUTWARDS[below]).is_some() => lowest.name(),
        Some(_) => "unknown",
    }
}
