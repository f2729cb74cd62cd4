//! The first two lines of every report: the answers, and what changed.

use cutover_base::words::{by_count, counted};

use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::report::escape::{cut, one_line};
use crate::report::input::ReportInput;
use crate::report::json::totals;
use crate::report::traffic::Traffic;
use crate::transcript::event::StoredSubject;

/// Names listed in line 2 before it says how many more there are.
const NAMES_MAX: usize = 10;

/// Characters of one name in line 2.
const NAME_CHARS_MAX: usize = 200;

/// Line 1: drift, decision with scope, lanes and stacks. Plain text, one line, nothing in it that
/// a terminal obeys.
pub fn answers(input: &ReportInput<'_>) -> String {
    let (drift, decision) = (&input.conclusion.drift, &input.conclusion.decision);
    format!(
        "drift {} (exit {}) · decision {} (scope {}) · {} -> {}",
        drift.verdict.name(),
        drift.verdict.exit_code(),
        decision.verdict.name(),
        decision.scope.name(),
        side(&input.run.subjects.source),
        side(&input.run.subjects.target),
    )
}

/// Line 2: what changed, the cases by verdict, those that agree only in failing, and what was
/// unsupported, counted and named. Plain text, one line.
pub fn changes(input: &ReportInput<'_>) -> String {
    let cases = &input.conclusion.cases;
    let totals = totals(input);
    let mut parts = vec![what_changed(input)];
    let by_verdict: Vec<_> = totals
        .by_verdict
        .iter()
        .map(|(verdict, count)| format!("{count} {verdict}"))
        .collect();
    parts.push(match by_verdict.as_slice() {
        [] => "no cases".to_owned(),
        words => format!("{}: {}", counted(totals.cases, "case"), words.join(", ")),
    });
    parts.extend(totals.traffic.iter().map(Traffic::told));
    let agree = |count: u64, noun: &str| {
        let agree = by_count(count, "agrees", "agree");
        format!("{} {agree} only in failing", counted(count, noun))
    };
    if totals.agree_only_in_failing > 0 {
        let names = names(cases.iter().filter(|case| case.agrees_only_in_failing));
        let agree = agree(totals.agree_only_in_failing, "case");
        parts.push(format!("{agree}: {names}"));
    }
    if totals.steps_agree_only_in_failing > 0 {
        parts.push(agree(totals.steps_agree_only_in_failing, "step"));
    }
    let unsupported = || {
        cases
            .iter()
            .filter(|case| case.verdict == Verdict::Unsupported)
    };
    if unsupported().next().is_some() {
        parts.push(format!(
            "{} unsupported: {}",
            unsupported().count(),
            names(unsupported())
        ));
    }
    if input.run.engine.as_deref() == Some("process") {
        parts.push("engine process: no isolation".to_owned());
    }
    parts.join(" · ")
}

/// A side as `provider@lane/stack`.
pub(crate) fn side(subject: &StoredSubject) -> String {
    let StoredSubject {
        provider,
        lane,
        stack,
        ..
    } = subject;
    // After `recording=` everything is the path.
    let text = if lane.starts_with("recording=") {
        format!("{provider}@{lane} ({stack})")
    } else {
        format!("{provider}@{lane}/{stack}")
    };
    one_line(&cut(&text, NAME_CHARS_MAX))
}

fn what_changed(input: &ReportInput<'_>) -> String {
    let cases = &input.conclusion.cases;
    let steps = || cases.iter().flat_map(|case| &case.steps);
    let fields = |verdict: Verdict| {
        let all = steps().flat_map(|step| &step.fields);
        all.filter(|field| field.verdict == Some(verdict)).count() as u64
    };
    let all = steps().flat_map(|step| &step.fields);
    let volatile = all.filter(|field| field.is_volatile()).count() as u64;
    let unmet = steps().filter(|step| !step.unmet.is_empty()).count() as u64;
    let errors: u64 = cases.iter().map(|case| case.errors.len() as u64).sum();
    let drift = &input.conclusion.drift;
    let of_the_run = input.conclusion.divergences.iter();
    let of_the_run = of_the_run.filter(|found| found.case.is_empty()).count() as u64;
    let counts = [
        (
            fields(Verdict::NewDivergence) + of_the_run,
            "new divergence",
            "",
        ),
        (unmet, "step", " with failed expectation"),
        (
            fields(Verdict::UnstableTarget),
            "field",
            " unstable on the target",
        ),
        (
            fields(Verdict::UnstableSource),
            "field",
            " unstable on the source",
        ),
        (fields(Verdict::Noise), "field", " of noise"),
        (volatile, "field", " with volatile parts"),
        (errors, "error", ""),
        (
            input.conclusion.quirks.stale.len() as u64,
            "stale ledger entry",
            "",
        ),
        (
            input.conclusion.quirks.expired.len() as u64,
            "expired ledger entry",
            "",
        ),
        (
            input.resources.leaked.len() as u64,
            "sandbox",
            " left behind",
        ),
    ];
    let words: Vec<_> = counts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, noun, rest)| counted(count, noun) + rest)
        .collect();
    let mut text = if words.is_empty() {
        "nothing new".to_owned()
    } else {
        words.join(", ")
    };
    if let Some(since) = &drift.since {
        let (new, gone) = (drift.new.len(), drift.gone.len());
        text = format!("{text} (since {}: {new} new, {gone} gone)", one_line(since));
    }
    text
}

fn names<'a>(cases: impl Iterator<Item = &'a CaseVerdict>) -> String {
    let mut names: Vec<_> = cases.map(|case| case.case.as_str()).collect();
    let more = names.len().saturating_sub(NAMES_MAX);
    names.truncate(NAMES_MAX);
    let mut text: Vec<_> = names
        .into_iter()
        .map(|name| one_line(&cut(name, NAME_CHARS_MAX)))
        .collect();
    if more > 0 {
        text.push(format!("{more} more"));
    }
    text.join(", ")
}
