use jiff::civil::date;

use super::tests::Judge;
use crate::compare::ledger::{Ledger, LedgerText, read_ledger};
use crate::compare::samples::{executed, step};
use crate::compare::verdict::{CaseVerdict, Effect, Gate, Verdict};

fn ledger(shape: &str, more: &str) -> Ledger {
    let text = format!(
        "format: cutover.quirks/1\nquirks:\n  - id: Q31\n    title: E2B hands on stdout before stderr\n    kind: divergence\n    cause: provider\n    reason: it keeps two streams\n    link: https://example.org/\n    owner: us\n    expires: 2027-06-01\n    {more}\n    shapes:\n      - {{ case: provider/a/b, step: execute, field: output, {shape} }}\n"
    );
    read_ledger(&[LedgerText {
        file: "quirks.yaml",
        text: &text,
    }])
    .unwrap()
}

#[test]
fn the_ledger_goes_first_and_a_third_shape_is_new() {
    let mut judge = Judge::of(step("execute: x"));
    judge.ledger = ledger(
        "from: {side: e2b, equals: ab}, to: {side: daytona, matches: 'b.'}",
        "effect: improvement",
    );
    let field = |case: &CaseVerdict| {
        case.steps[0]
            .fields
            .iter()
            .find(|f| &*f.path == "$.output")
            .unwrap()
            .clone()
    };
    let known = judge.results(
        vec![executed(b"ab")],
        vec![executed(b"ba"), executed(b"bb")],
    );
    assert_eq!(known.verdict, Verdict::KnownDivergence, "{}", known.reason);
    assert_eq!(field(&known).quirk.as_deref(), Some("Q31"));
    assert_eq!(
        (field(&known).effect, field(&known).gate),
        (Some(Effect::Improvement), Some(Gate::Allow))
    );
    assert!(
        known
            .reason
            .contains("E2B hands on stdout before stderr (Q31)")
    );
    let third = judge.results(vec![executed(b"ab")], vec![executed(b"ca")]);
    assert_eq!(third.verdict, Verdict::NewDivergence);
    assert_eq!(field(&third).differs_from.as_deref(), Some("Q31"));
    // The rollback: the sides exchanged, the improvement is a regression, and blocks.
    let sides = &mut judge.subjects.sides;
    std::mem::swap(&mut sides.source, &mut sides.target);
    let back = judge.results(vec![executed(b"ba")], vec![executed(b"ab")]);
    assert_eq!(
        (field(&back).effect, field(&back).gate),
        (Some(Effect::Regression), Some(Gate::Block))
    );
    // Both alike: nothing diverges, whatever the entry says.
    let alike = judge.results(vec![executed(b"ab")], vec![executed(b"ab")]);
    assert_eq!(alike.verdict, Verdict::Identical);
}

#[test]
fn the_more_exact_shape_wins_and_an_expired_allow_is_lost() {
    let mut judge = Judge::of(step("execute: x"));
    judge.ledger = ledger(
        "from: {side: e2b, any: true}, to: {side: daytona, equals: b} }\n      - { case: provider/a/b, step: execute, field: output, from: {side: e2b/lap-337, equals: x}, to: {side: daytona, equals: b}",
        "effect: wording",
    );
    let case = judge.results(vec![executed(b"a")], vec![executed(b"b")]);
    assert_eq!(
        case.verdict,
        Verdict::NewDivergence,
        "the shape with a stack speaks, and does not fit"
    );
    let mut judge = Judge::of(step("execute: x"));
    judge.ledger = ledger(
        "from: {side: e2b, equals: a}, to: {side: daytona, equals: b}",
        "effect: wording",
    );
    judge.ledger.entries[0].expires = date(2026, 11, 22);
    let case = judge.results(vec![executed(b"a")], vec![executed(b"b")]);
    let field = case.steps[0]
        .fields
        .iter()
        .find(|f| f.quirk.is_some())
        .unwrap();
    assert_eq!(
        (field.verdict, field.gate),
        (Some(Verdict::KnownDivergence), Some(Gate::Block))
    );
}

#[test]
fn shapes_hold_only_when_they_say() {
    for (when, known) in [
        ("{lane: [standin]}", true),
        ("{lane: [live]}", false),
        ("{engine: [namespaces]}", true),
        ("{engine: [docker]}", false),
        ("{has: [root]}", true),
        ("{has: [python3]}", false),
        ("{version: 'daytona < 0.230'}", true),
        ("{version: 'daytona >= 0.230'}", false),
        ("{version: 'e2b < 9'}", false),
    ] {
        let mut judge = Judge::of(step("execute: x"));
        judge.subjects.sides.target.version = Some("v0.226.1".into());
        let shape = format!(
            "from: {{side: e2b, equals: a}}, to: {{side: daytona, equals: b}}, when: {when}"
        );
        judge.ledger = ledger(&shape, "effect: wording");
        let case = judge.results(vec![executed(b"a")], vec![executed(b"b")]);
        assert_eq!(case.verdict == Verdict::KnownDivergence, known, "{when}");
    }
}
