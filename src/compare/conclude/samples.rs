//! Small ledgers and judged cases for the tests of this room.

use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::call::Surface;
use crate::compare::conclude::RunFacts;
use crate::compare::judge::{CaseInput, judge_case};
use crate::compare::ledger::{Ledger, LedgerText, read_ledger};
use crate::compare::samples::{executed, record, scenario, step, subjects, transcript};
use crate::compare::verdict::CaseVerdict;
use crate::transcript::StepResult;

pub(super) const NOW: &str = "2026-11-23T16:00:20Z";

pub(super) fn ledger(effect: &str, gate: &str, expires: &str) -> Ledger {
    let text = format!(
        "format: cutover.quirks/1\nquirks:\n  - id: Q31\n    title: E2B hands on stdout before stderr\n    kind: divergence\n    cause: provider\n    effect: {effect}\n    {gate}\n    reason: it keeps two streams\n    link: https://example.org/\n    owner: us\n    expires: {expires}\n    shapes:\n      - {{ case: provider/a/b, step: execute, field: output, from: {{side: e2b, equals: a}}, to: {{side: daytona, equals: b}} }}\n"
    );
    read_ledger(&[LedgerText {
        file: "quirks.yaml",
        text: &text,
    }])
    .unwrap()
}

pub(super) fn judged(
    ledger: &Ledger,
    source: Vec<StepResult>,
    target: Vec<StepResult>,
) -> CaseVerdict {
    let side = |side: Side, results: Vec<StepResult>| -> Vec<_> {
        results
            .into_iter()
            .zip(1..)
            .map(|(result, replay)| transcript(side, replay, vec![record("execute", result)]))
            .collect()
    };
    judge_case(&CaseInput {
        case_id: "provider/a/b",
        scenario: &scenario("a/b", vec![step("execute: x")]),
        surface: Surface::Provider,
        required: true,
        transcripts: BySide {
            source: &side(Side::Source, source),
            target: &side(Side::Target, target),
        },
        subjects: &subjects(),
        ledger,
        now: NOW.parse().unwrap(),
    })
}

pub(super) fn case(ledger: &Ledger, source: &[&str], target: &[&str]) -> CaseVerdict {
    let results = |texts: &[&str]| texts.iter().map(|text| executed(text.as_bytes())).collect();
    judged(ledger, results(source), results(target))
}

pub(super) fn facts(planned: usize) -> RunFacts {
    RunFacts::plain(subjects(), NOW.parse().unwrap(), planned)
}

pub(super) fn none() -> Ledger {
    Ledger::default()
}

/// A case whose sides agree.
pub(super) fn agreeing() -> CaseVerdict {
    case(&none(), &["a"], &["a"])
}

/// A case with a new divergence.
pub(super) fn differing() -> CaseVerdict {
    case(&none(), &["a"], &["b"])
}
