use cutover_base::side::Side;

use super::tests::Judge;
use crate::call::{Failure, FailureClass, Outcome};
use crate::compare::ledger::{Ledger, LedgerText, read_ledger};
use crate::compare::samples::{executed, record, scenario, step, transcript};
use crate::compare::verdict::{CaseVerdict, FieldVerdict, Verdict};
use crate::transcript::StepResult;

/// A ledger of one shape an entry.
fn ledger(entries: &[(&str, &str)]) -> Ledger {
    let entry = |(id, shape): &(&str, &str)| {
        format!(
            "  - id: {id}\n    title: t\n    kind: divergence\n    cause: provider\n    effect: wording\n    shapes:\n      - {{ {shape} }}\n    reason: r\n    link: https://example.org/\n    owner: us\n    expires: 2027-06-01\n"
        )
    };
    let entries: Vec<String> = entries.iter().map(entry).collect();
    let text = format!("format: cutover.quirks/1\nquirks:\n{}", entries.concat());
    read_ledger(&[LedgerText {
        file: "quirks.yaml",
        text: &text,
    }])
    .unwrap()
}

fn output(case: &CaseVerdict) -> &FieldVerdict {
    let mut fields = case.steps[0].fields.iter();
    fields.find(|field| &*field.path == "$.output").unwrap()
}

fn judge(ledger: Ledger, source: &[&str], target: &[&str]) -> CaseVerdict {
    let mut judge = Judge::of(step("execute: x"));
    judge.ledger = ledger;
    let results = |texts: &[&str]| texts.iter().map(|text| executed(text.as_bytes())).collect();
    judge.results(results(source), results(target))
}

const BASH: &str = r"verb: execute, field: output, from: {side: e2b, inside: '/bin/bash: line (?<n>\d+): +\d+ (?<what>.*)'}, to: {side: daytona, inside: '/usr/bin/bash: line (?<n>\d+): +\d+ (?<what>.*)'}, same: [n, what]";

#[test]
fn lines_that_differ_as_a_wide_shape_says_are_known() {
    for (source, target, known) in [
        (
            &["a\n/bin/bash: line 1:  20 x\n"][..],
            &["a\n/usr/bin/bash: line 1:  31 x\n"][..],
            true,
        ),
        // A side that disagrees with itself in what the shape leaves open.
        (
            &["/bin/bash: line 1:  20 x\n", "/bin/bash: line 1:  21 x\n"],
            &[
                "/usr/bin/bash: line 1:  31 x\n",
                "/usr/bin/bash: line 1:  30 x\n",
            ],
            true,
        ),
        (
            &["a\n/bin/bash: line 1:  20 x\n"],
            &["b\n/usr/bin/bash: line 1:  31 x\n"],
            false,
        ),
        (
            &["/bin/bash: line 1:  20 x\n"],
            &["/usr/bin/bash: line 2:  31 x\n"],
            false,
        ),
        (
            &["/bin/bash: line 1:  20 x\n", "/bin/bash: line 1:  20 y\n"],
            &["/usr/bin/bash: line 1:  31 x\n"],
            false,
        ),
    ] {
        let case = judge(ledger(&[("Q42", BASH)]), source, target);
        let field = output(&case);
        assert_eq!(
            field.verdict == Some(Verdict::KnownDivergence),
            known,
            "{source:?} {target:?}"
        );
        assert_eq!(field.quirk.as_deref(), known.then_some("Q42"));
        assert_eq!(
            field.differs_from, None,
            "a wide shape expects nothing of a place"
        );
    }
}

#[test]
fn exchanged_sides_fit_the_other_way_round() {
    let mut back = Judge::of(step("execute: x"));
    back.ledger = ledger(&[("Q42", BASH)]);
    let sides = &mut back.subjects.sides;
    std::mem::swap(&mut sides.source, &mut sides.target);
    let (e2b, daytona) = (
        "/bin/bash: line 1:  20 x\n",
        "/usr/bin/bash: line 1:  31 x\n",
    );
    let case = back.results(
        vec![executed(daytona.as_bytes())],
        vec![executed(e2b.as_bytes())],
    );
    assert_eq!(output(&case).quirk.as_deref(), Some("Q42"));
}

const PAIR: &str =
    "field: output, from: {side: e2b, matches: 'a+'}, to: {side: daytona, matches: 'b+'}";

#[test]
fn the_more_exact_place_goes_first() {
    let at = |place: &str| format!("{place}, {PAIR}");
    let (verb, all) = (at("verb: execute"), at("case: '**', step: '*'"));
    let (pattern, place) = (
        at("case: 'provider/a/*', step: '*'"),
        at("case: provider/a/b, step: execute"),
    );
    let step = at("case: 'provider/a/*', step: execute");
    for (entries, wanted) in [
        (&[("Q1", verb.as_str()), ("Q2", all.as_str())][..], "Q2"),
        (&[("Q1", &all), ("Q2", &pattern)], "Q2"),
        (&[("Q1", &pattern), ("Q2", &step)], "Q2"),
        (&[("Q1", &step), ("Q2", &place)], "Q2"),
        (&[("Q1", &place), ("Q2", &verb)], "Q1"),
        (&[("Q1", &verb), ("L-2", &verb)], "L-2"),
    ] {
        let case = judge(ledger(entries), &["a"], &["b"]);
        assert_eq!(output(&case).quirk.as_deref(), Some(wanted), "{entries:?}");
    }
}

#[test]
fn a_wide_shape_does_not_rescue_a_place_that_says_something_else() {
    let place = "case: provider/a/b, step: execute, field: output, from: {side: e2b, equals: x}, to: {side: daytona, equals: y}";
    let verb = format!("verb: execute, {PAIR}");
    let case = judge(ledger(&[("Q1", place), ("Q2", &verb)]), &["a"], &["b"]);
    assert_eq!(output(&case).verdict, Some(Verdict::NewDivergence));
    assert_eq!(output(&case).differs_from.as_deref(), Some("Q1"));
    // Where the first of two wide shapes does not fit, the next may.
    let other = "case: 'provider/a/*', step: execute, field: output, from: {side: e2b, equals: x}, to: {side: daytona, equals: y}";
    let case = judge(ledger(&[("Q1", other), ("Q2", &verb)]), &["a"], &["b"]);
    assert_eq!(output(&case).quirk.as_deref(), Some("Q2"));
}

/// Several steps, one replay.
fn steps(
    judge: &Judge,
    source: &[(&str, StepResult)],
    target: &[(&str, StepResult)],
) -> CaseVerdict {
    let of = |side: Side, steps: &[(&str, StepResult)]| {
        let records = steps.iter().map(|(id, result)| record(id, result.clone()));
        [transcript(side, 1, records.collect())]
    };
    judge.judge(&of(Side::Source, source), &of(Side::Target, target))
}

#[test]
fn a_consequence_is_known_only_after_its_cause() {
    let entries = |cause: &str| {
        let follows = "verb: read_file, field: content, follows: true, from: {side: e2b, matches: 'a+'}, to: {side: daytona, matches: 'b+'}";
        let text = format!("{cause} }}\n      - {{ {follows}");
        ledger(&[("Q1", &text)])
    };
    let mut judge = Judge::of(step("execute: x"));
    judge.scenario = scenario("a/b", vec![step("execute: x"), step("read_file: /f")]);
    let content = |text: &str| {
        let blob = cutover_base::blob::Blob::from_bytes(text.to_owned());
        StepResult::Outcome(Outcome::default().with_bytes("content", blob))
    };
    let cause = format!("verb: execute, {PAIR}");
    for (first, known) in [(("a", "b"), true), (("x", "x"), false)] {
        judge.ledger = entries(&cause);
        let case = steps(
            &judge,
            &[
                ("execute", executed(first.0.as_bytes())),
                ("read_file", content("a")),
            ],
            &[
                ("execute", executed(first.1.as_bytes())),
                ("read_file", content("b")),
            ],
        );
        let field = &case.steps[1].fields[0];
        assert_eq!(field.quirk.is_some(), known, "{:?}", field.verdict);
    }
}

#[test]
fn a_consequence_may_stand_beside_its_cause() {
    let entries = "verb: execute, field: failure.class, from: {side: e2b, equals: timeout}, to: {side: daytona, absent: true} }\n      - { verb: execute, field: output, follows: true, from: {side: e2b, absent: true}, to: {side: daytona, equals: ''}";
    let ended = |class| {
        let failure = Failure::new(class, "it ended");
        StepResult::Outcome(Outcome::default().with_failure(&failure))
    };
    for (class, known) in [
        (FailureClass::Timeout, true),
        (FailureClass::Invalid, false),
    ] {
        let mut judge = Judge::of(step("execute: x"));
        judge.ledger = ledger(&[("Q1", entries)]);
        let nothing = cutover_base::blob::Blob::from_bytes("");
        let ran = StepResult::Outcome(Outcome::default().with_bytes("output", nothing));
        let case = judge.results(vec![ended(class)], vec![ran]);
        assert_eq!(output(&case).quirk.is_some(), known, "{class}");
    }
}

#[test]
fn a_divergence_near_a_known_one_says_so() {
    let elsewhere = "case: provider/x/y, step: z, field: output, from: {side: e2b, equals: a}, to: {side: daytona, equals: b}";
    let case = judge(ledger(&[("Q1", elsewhere)]), &["a"], &["b"]);
    assert_eq!(output(&case).verdict, Some(Verdict::NewDivergence));
    assert_eq!(output(&case).looks_like.as_deref(), Some("Q1"));
    assert!(
        case.reason.ends_with("looks like t (Q1)"),
        "{}",
        case.reason
    );
    // One line fits and another does not.
    let case = judge(
        ledger(&[("Q42", BASH)]),
        &["/bin/bash: line 1:  20 x\na\n"],
        &["/usr/bin/bash: line 1:  31 x\nb\n"],
    );
    assert_eq!(output(&case).looks_like.as_deref(), Some("Q42"));
    let case = judge(ledger(&[("Q42", BASH)]), &["a\n"], &["b\n"]);
    assert_eq!(output(&case).looks_like, None);
    assert!(case.reason.ends_with("differs"), "{}", case.reason);
}
