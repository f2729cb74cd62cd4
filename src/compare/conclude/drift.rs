//! Has anything changed since the last time we looked?

use std::collections::BTreeSet;

use cutover_base::words::{by_count, counted};

use crate::compare::answer::{Divergence, Drift, DriftVerdict, QuirkUse, Standing};
use crate::compare::conclude::RunFacts;
use crate::compare::conclude::divergences::is_judged;
use crate::compare::conclude::limits::volatile_fields;
use crate::compare::ledger::Ledger;
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::transcript::Ending;
use crate::transcript::event::{StoredPlace, StoredSelection};

pub(super) fn of(
    cases: &[CaseVerdict],
    divergences: &[Divergence],
    standing: &[Standing],
    quirks: &QuirkUse,
    ledger: &Ledger,
    facts: &RunFacts,
) -> Drift {
    let mut reasons = Vec::new();
    if facts.secret_found {
        reasons.push((
            DriftVerdict::SecretFound,
            "a secret was found in an artefact, which is withheld".to_owned(),
        ));
    }
    if let Some(signal) = facts.interrupted {
        reasons.push((
            DriftVerdict::Interrupted(signal),
            format!("interrupted by signal {signal}"),
        ));
    }
    if cases.iter().all(|case| case.verdict.is_aside()) {
        let said = if facts.planned == 0 {
            "no case was selected"
        } else {
            "no case was judged"
        };
        reasons.push((DriftVerdict::Nothing, said.to_owned()));
    }
    for said in changed(cases).into_iter().chain(unexplained(standing)) {
        reasons.push((DriftVerdict::Changed, said));
    }
    for said in unjudged(cases, facts) {
        reasons.push((DriftVerdict::Unjudged, said));
    }
    for said in stale(quirks, ledger) {
        reasons.push((DriftVerdict::Stale, said));
    }
    if let Some(said) = noisy(cases, facts) {
        reasons.push((DriftVerdict::Noisy, said));
    }
    if let Some(said) = leaked(cases, facts) {
        reasons.push((DriftVerdict::Leaked, said));
    }
    reasons.sort_by_key(|(verdict, _)| verdict.precedence());
    let now: BTreeSet<&str> = divergences
        .iter()
        .map(|found| found.fingerprint.as_str())
        .collect();
    let (mut new, mut gone) = (Vec::new(), Vec::new());
    if let Some(since) = &facts.since {
        let seen = &since.divergences;
        new.extend(
            now.iter()
                .filter(|id| !seen.contains_key(**id))
                .map(|id| (*id).to_owned()),
        );
        let missing = seen.keys().filter(|id| !now.contains(id.as_str()));
        gone.extend(
            missing
                .filter(|id| was_looked_at(since.places.get(*id), cases, facts))
                .cloned(),
        );
    }
    Drift {
        verdict: reasons
            .first()
            .map_or(DriftVerdict::Unchanged, |(verdict, _)| *verdict),
        reasons,
        new,
        gone,
        since: facts.since.as_ref().map(|since| since.run.clone()),
    }
}

/// Whether the place of an earlier divergence was judged in this run, so that it can be gone.
fn was_looked_at(place: Option<&StoredPlace>, cases: &[CaseVerdict], facts: &RunFacts) -> bool {
    let is_part = || {
        facts
            .selection
            .as_ref()
            .is_some_and(StoredSelection::is_part)
    };
    match place {
        // What is of the run as a whole can only be gone from a whole run.
        None => !is_part(),
        Some(place) if place.case.is_empty() => !is_part(),
        Some(place) => cases
            .iter()
            .filter(|case| case.case == place.case)
            .flat_map(|case| &case.steps)
            .any(|step| step.id == place.step && is_judged(step.verdict)),
    }
}

/// What changed, a sentence for each field or step, below the surface or not.
fn changed(cases: &[CaseVerdict]) -> Vec<String> {
    let mut said = Vec::new();
    for case in cases {
        for step in &case.steps {
            let place = format!("{} step `{}`", case.case, step.id);
            for (side, _, unmet) in step.unmet.iter().take(1) {
                said.push(format!(
                    "expectation failed: {place} on the {side}: {}",
                    unmet.message
                ));
            }
            for field in &step.fields {
                let what = match field.verdict {
                    Some(Verdict::NewDivergence) => "new divergence",
                    Some(Verdict::UnstableSource) => "unstable source",
                    Some(Verdict::UnstableTarget) => "unstable target",
                    _ => continue,
                };
                let id = field.fingerprint.as_deref().unwrap_or_default();
                said.push(format!("{what} {id}: {place}, `{}`", field.path));
            }
        }
    }
    said
}

/// The differences of nature that nothing explains, a sentence each.
pub(super) fn unexplained(standing: &[Standing]) -> Vec<String> {
    let new = standing
        .iter()
        .filter(|found| found.verdict == Verdict::NewDivergence);
    new.map(|found| {
        format!(
            "new divergence {} of the run: {}",
            found.fingerprint,
            found.met()
        )
    })
    .collect()
}

/// What kept the run from being judged whole.
pub(super) fn unjudged(cases: &[CaseVerdict], facts: &RunFacts) -> Vec<String> {
    let mut said = Vec::new();
    for case in cases {
        let failed = case
            .steps
            .iter()
            .find(|step| matches!(step.verdict, Verdict::HarnessError | Verdict::ProviderError));
        match (case.verdict, failed) {
            (Verdict::HarnessError | Verdict::ProviderError, _) => {
                said.push(format!("{}: {}: {}", case.verdict, case.case, case.reason));
            }
            (verdict, _) if verdict.is_aside() && case.required => {
                said.push(format!(
                    "required and {verdict}: {}: {}",
                    case.case, case.reason
                ));
            }
            (_, Some(step)) => {
                said.push(format!("{}: {}: {}", step.verdict, case.case, step.reason));
            }
            _ => {}
        }
    }
    if cases.len() < facts.planned {
        said.push(format!(
            "{} of {} {} a verdict",
            cases.len(),
            counted(facts.planned, "planned case"),
            by_count(facts.planned, "has", "have")
        ));
    }
    if let Some(stopped) = &facts.stopped {
        said.push(format!("stopped: {stopped}"));
    }
    said
}

pub(super) fn stale(quirks: &QuirkUse, ledger: &Ledger) -> Vec<String> {
    let stale = quirks
        .stale
        .iter()
        .map(|(id, why)| format!("{}: {why}", ledger.titled(id)));
    let expired = quirks.expired.iter().map(|id| {
        let date = ledger.get(id).map(|entry| entry.expires.to_string());
        format!(
            "expired on {}: {}",
            date.unwrap_or_default(),
            ledger.titled(id)
        )
    });
    stale.chain(expired).collect()
}

pub(super) fn noisy(cases: &[CaseVerdict], facts: &RunFacts) -> Option<String> {
    let fields = cases
        .iter()
        .flat_map(|case| &case.steps)
        .flat_map(|step| &step.fields);
    let mut noise = fields
        .filter(|field| field.verdict == Some(Verdict::Noise))
        .count();
    if facts.volatile_refused {
        noise += volatile_fields(cases).count();
    }
    let limit = usize::try_from(facts.noise_limit).unwrap_or(usize::MAX);
    (noise > limit).then(|| {
        format!(
            "{} {} noise; {limit} {} allowed",
            counted(noise, "field"),
            by_count(noise, "is", "are"),
            by_count(limit, "is", "are")
        )
    })
}

pub(super) fn leaked(cases: &[CaseVerdict], facts: &RunFacts) -> Option<String> {
    let cases = cases
        .iter()
        .filter(|case| case.ending == Ending::Leaked)
        .count();
    match (facts.leaked, cases) {
        (0, 0) => None,
        (0, cases) => Some(format!("{} left something behind", counted(cases, "case"))),
        (count, _) => Some(format!(
            "{} could not be destroyed",
            counted(count, "sandbox")
        )),
    }
}
