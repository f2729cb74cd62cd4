use cutover_base::blob::Blob;
use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use super::*;
use crate::call::{Failure, FailureClass, Outcome, Surface};
use crate::compare::ledger::Ledger;
use crate::compare::samples::{
    executed, record, scenario, step, subjects, transcript, with_compare,
};
use crate::compare::subjects::Subjects;
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::scenario::field_path::FieldPath;
use crate::scenario::matcher::Matcher;
use crate::scenario::model::{CompareKind, Expect, Scenario, Step};
use crate::scenario::node::Node;
use crate::transcript::record::UnmetExpectation;
use crate::transcript::{StepResult, Transcript};

pub(super) fn side(side: Side, id: &str, results: Vec<StepResult>) -> Vec<Transcript> {
    results
        .into_iter()
        .zip(1..)
        .map(|(result, replay)| transcript(side, replay, vec![record(id, result)]))
        .collect()
}

pub(super) struct Judge {
    pub(super) scenario: Scenario,
    pub(super) subjects: Subjects,
    pub(super) ledger: Ledger,
}

impl Judge {
    pub(super) fn of(step: Step) -> Self {
        Self {
            scenario: scenario("a/b", vec![step]),
            subjects: subjects(),
            ledger: Ledger::default(),
        }
    }

    pub(super) fn judge(&self, source: &[Transcript], target: &[Transcript]) -> CaseVerdict {
        judge_case(&CaseInput {
            case_id: "provider/a/b",
            scenario: &self.scenario,
            surface: Surface::Provider,
            required: true,
            transcripts: BySide { source, target },
            subjects: &self.subjects,
            ledger: &self.ledger,
            now: "2026-11-23T16:00:00Z".parse().unwrap(),
        })
    }

    pub(super) fn results(&self, source: Vec<StepResult>, target: Vec<StepResult>) -> CaseVerdict {
        let id = &self.scenario.steps[0].id;
        self.judge(
            &side(Side::Source, id, source),
            &side(Side::Target, id, target),
        )
    }
}

pub(super) fn outputs(source: &[&str], target: &[&str]) -> CaseVerdict {
    let results = |texts: &[&str]| texts.iter().map(|text| executed(text.as_bytes())).collect();
    Judge::of(step("execute: x")).results(results(source), results(target))
}

pub(super) fn failed(class: FailureClass) -> StepResult {
    StepResult::ProviderError(Failure::new(class, "no"))
}

const IDS: [&str; 2] = [
    "i2f8w3pq0r1s5t7u9v01",
    "c0ffee00-0000-4000-8000-000000000001",
];

#[test]
fn the_table_of_verdicts() {
    for (source, target, wanted) in [
        (&["a\n"][..], &["a\n"][..], Verdict::Identical),
        (&[IDS[0]], &[IDS[1]], Verdict::Equivalent),
        (
            &["2026-11-23T16:00:03Z"],
            &["2026-11-23T16:00:04Z"],
            Verdict::Equivalent,
        ),
        (&["a\n"], &["a"], Verdict::NewDivergence),
        (
            &["2026-11-22T16:00:03Z"],
            &["2026-11-23T16:00:03Z"],
            Verdict::NewDivergence,
        ),
        // Raw equal is identical, whatever the rules would make of it.
        (&[IDS[0]], &[IDS[0]], Verdict::Identical),
        (&["a", "a"], &["a", "b"], Verdict::UnstableTarget),
        (&["a", "b"], &["b", "b"], Verdict::UnstableSource),
        (&["a", "b"], &["b", "a"], Verdict::Noise),
        (&["a", "b"], &["b", "c"], Verdict::Noise),
        // New in every replay on both sides: nothing can be said.
        (&["a", "b"], &["c", "d"], Verdict::Noise),
        (&["a", "b", "a"], &["c", "d", "c"], Verdict::NewDivergence),
        (
            &["took 3ms", "took 4ms", "took 5ms"],
            &["took 9ms", "took 8ms", "took 7ms"],
            Verdict::Equivalent,
        ),
        // Two replays are a coincidence.
        (
            &["took 3ms", "took 4ms"],
            &["took 9ms", "took 8ms"],
            Verdict::Noise,
        ),
        (
            &["C 3ms", "C 4ms", "C 5ms"],
            &["none 9ms", "none 8ms", "none 7ms"],
            Verdict::NewDivergence,
        ),
    ] {
        let case = outputs(source, target);
        assert_eq!(
            case.verdict, wanted,
            "{source:?} {target:?}: {}",
            case.reason
        );
    }
}

#[test]
fn errors_on_one_side_or_both_are_never_parity() {
    let judge = Judge::of(step("execute: x"));
    let dead = || failed(FailureClass::Unavailable);
    for (source, target, wanted) in [
        (vec![dead()], vec![dead()], Verdict::ProviderError),
        (vec![executed(b"a")], vec![dead()], Verdict::ProviderError),
        (
            vec![executed(b"a"), dead()],
            vec![executed(b"a")],
            Verdict::ProviderError,
        ),
        (
            vec![StepResult::HarnessError("x".into())],
            vec![dead()],
            Verdict::HarnessError,
        ),
        (
            vec![StepResult::Unsupported("no".into())],
            vec![StepResult::Unsupported("no".into())],
            Verdict::Unsupported,
        ),
        (
            vec![StepResult::NotReached("no".into())],
            vec![executed(b"a")],
            Verdict::NotReached,
        ),
    ] {
        let case = judge.results(source, target);
        assert_eq!(case.verdict, wanted, "{}", case.reason);
    }
    // An error class that came as a field is the provider's failure all the same.
    let outcome = || {
        StepResult::Outcome(
            Outcome::default().with_failure(&Failure::new(FailureClass::Quota, "full")),
        )
    };
    let case = judge.results(vec![outcome()], vec![outcome()]);
    assert_eq!(
        (case.verdict, case.errors.len()),
        (Verdict::ProviderError, 2)
    );
    let nobody = judge.judge(&[], &side(Side::Target, "execute", vec![executed(b"a")]));
    assert_eq!(nobody.verdict, Verdict::Skipped);
    let unrecorded = judge.judge(
        &[transcript(Side::Source, 1, Vec::new())],
        &[transcript(Side::Target, 1, Vec::new())],
    );
    assert_eq!(unrecorded.verdict, Verdict::NotReached);
}

#[test]
fn outcome_classes_are_compared_and_both_failing_alike_is_parity() {
    let judge = Judge::of(step("read_file: /nope"));
    let outcome = |class| {
        StepResult::Outcome(
            Outcome::default().with_failure(&Failure::new(class, format!("{class} words"))),
        )
    };
    let case = judge.results(
        vec![outcome(FailureClass::NotFound)],
        vec![outcome(FailureClass::NotFound)],
    );
    assert_eq!(case.verdict, Verdict::Identical);
    assert!(
        case.agrees_only_in_failing,
        "nothing said that it would fail"
    );
    let case = judge.results(
        vec![outcome(FailureClass::NotFound)],
        vec![outcome(FailureClass::Permission)],
    );
    assert_eq!(case.verdict, Verdict::NewDivergence);
}

#[test]
fn an_error_class_that_is_expected_is_an_outcome() {
    let mut wanted = step("execute: x");
    wanted.expect = vec![Expect {
        surface: None,
        with_platform: None,
        side: None,
        path: FieldPath::parse("failure.class").unwrap(),
        matcher: Matcher::from_node(&Node::parse("quota").unwrap()).unwrap(),
        line: 7,
    }];
    let judge = Judge::of(wanted);
    let quota = || failed(FailureClass::Quota);
    let case = judge.results(vec![quota()], vec![quota()]);
    assert_eq!(case.verdict, Verdict::Identical, "{}", case.reason);
    assert!(!case.agrees_only_in_failing);
    let case = judge.results(vec![quota()], vec![failed(FailureClass::Internal)]);
    assert_eq!(
        case.verdict,
        Verdict::ProviderError,
        "another class is not expected"
    );
}

#[test]
fn a_failed_expectation_outranks_agreement_and_difference() {
    let judge = Judge::of(step("execute: x"));
    for target in [b"a", b"b"] {
        let mut source = side(Side::Source, "execute", vec![executed(b"a")]);
        source[0].steps[0].unmet.push(UnmetExpectation {
            line: 9,
            path: "$.exit_code".into(),
            message: "wanted equals 3, found 0".into(),
        });
        let target = side(Side::Target, "execute", vec![executed(target)]);
        let case = judge.judge(&source, &target);
        assert_eq!(case.verdict, Verdict::ExpectationFailed);
        assert_eq!(replays_wanted(&case, 1), 3);
        assert!(case.reason.contains("line 9"), "{}", case.reason);
    }
}

#[test]
fn ids_swapped_between_two_sandboxes_are_a_difference() {
    let judge = Judge::of(step("execute: x"));
    let run = |which: Side, ids: [&str; 2], shown: usize| {
        let mut one = side(which, "execute", vec![executed(ids[shown].as_bytes())]);
        one[0].literals = ids
            .iter()
            .map(|id| crate::transcript::KnownLiteral {
                kind: "sandbox".into(),
                value: (*id).into(),
            })
            .collect();
        one
    };
    let source = run(
        Side::Source,
        ["i2f8w3pq0r1s5t7u9v0x", "i2f8w3pq0r1s5t7u9v0y"],
        0,
    );
    let same = judge.judge(&source, &run(Side::Target, [IDS[1], IDS[0]], 0));
    assert_eq!(same.verdict, Verdict::Equivalent);
    assert_eq!(
        same.steps[0]
            .fields
            .iter()
            .find(|f| &*f.path == "$.output")
            .unwrap()
            .rules,
        ["id-reference"]
    );
    let swapped = judge.judge(&source, &run(Side::Target, [IDS[1], IDS[0]], 1));
    assert_eq!(swapped.verdict, Verdict::NewDivergence);
}

#[test]
fn a_difference_of_structure_is_told_by_kind_and_place() {
    let mut judge = Judge::of(step("execute: x"));
    judge.scenario.steps[0].id = "call".into();
    let side = |which, body: serde_json::Value| {
        let outcome = Outcome::default().with("status", 200).with("body", body);
        vec![transcript(
            which,
            1,
            vec![record("call", StepResult::Outcome(outcome))],
        )]
    };
    let case = |source, target| {
        judge_case(&CaseInput {
            case_id: "platform/a/b",
            scenario: &judge.scenario,
            surface: Surface::Platform,
            required: true,
            transcripts: BySide {
                source: &side(Side::Source, source),
                target: &side(Side::Target, target),
            },
            subjects: &judge.subjects,
            ledger: &judge.ledger,
            now: "2026-11-23T16:00:00Z".parse().unwrap(),
        })
    };
    let differs = case(
        serde_json::json!({"a": 1, "id": IDS[0]}),
        serde_json::json!({"id": IDS[1]}),
    );
    assert_eq!(differs.verdict, Verdict::NewDivergence);
    assert!(
        differs.reason.ends_with("missing $['a']"),
        "{}",
        differs.reason
    );
    // A JSON text is not the number it spells.
    let typed = case("3".into(), 3.into());
    assert_eq!(typed.verdict, Verdict::NewDivergence);
    assert!(typed.reason.ends_with("type $"), "{}", typed.reason);
}

#[test]
fn explicit_bytes_are_raw() {
    let judge = Judge::of(with_compare(
        step("execute: x"),
        &[("output", CompareKind::Bytes)],
    ));
    let case = judge.results(
        vec![executed(IDS[0].as_bytes())],
        vec![executed(IDS[1].as_bytes())],
    );
    assert_eq!(case.verdict, Verdict::NewDivergence);
}

#[test]
fn what_is_ignored_is_counted_and_never_called_identical() {
    let ignore = |path: &'static str| (path, CompareKind::Ignore("a reason".into()));
    let rules = [
        ignore("exit_code"),
        ignore("signal"),
        ignore("output"),
        ignore("failure"),
        ignore("stdout"),
        ignore("stderr"),
    ];
    let judge = Judge::of(with_compare(step("execute: x"), &rules));
    let case = judge.results(vec![executed(b"a")], vec![executed(b"b")]);
    assert_eq!(case.verdict, Verdict::Skipped);
    let output = case.steps[0]
        .fields
        .iter()
        .find(|f| &*f.path == "$.output")
        .unwrap();
    assert_eq!(output.not_compared.as_deref(), Some("a reason"));
    assert_eq!(output.values.source.len(), 1);
}

#[test]
fn a_value_that_cannot_be_read_is_our_error_and_not_parity() {
    let broken = |sha256: &str| {
        let blob = Blob::from_file("/nonexistent/blob".into(), 70_000, sha256.into());
        StepResult::Outcome(
            Outcome::default()
                .with("exit_code", 0)
                .with_bytes("output", blob),
        )
    };
    let judge = Judge::of(step("execute: x"));
    let case = judge.results(vec![broken("ab")], vec![broken("cd")]);
    assert_eq!(case.verdict, Verdict::HarnessError);
    // The same hash is the same bytes, and nothing has to be read for it.
    let case = judge.results(vec![broken("ab")], vec![broken("ab")]);
    assert_eq!(case.verdict, Verdict::Identical);
}

#[test]
fn replays_are_bought_by_what_is_unexplained() {
    for (source, target, wanted) in [
        (&["a"][..], &["a"][..], 1),
        (&[IDS[0]], &[IDS[1]], 1),
        (&["a"], &["b"], 3),
        (&["a", "a"], &["a", "b"], 5),
        (&["a", "b"], &["c", "d"], 5),
        (&["a", "b"], &["a", "b"], 5),
    ] {
        let case = outputs(source, target);
        let have = u32::try_from(source.len()).unwrap();
        assert_eq!(
            replays_wanted(&case, have),
            wanted.max(have),
            "{source:?} {target:?}"
        );
    }
    let dead = || vec![failed(FailureClass::Quota)];
    let dead = Judge::of(step("execute: x")).results(dead(), dead());
    assert_eq!(replays_wanted(&dead, 1), 1);
}
