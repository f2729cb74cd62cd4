//! The first cause stands where a later step suffers from it, and each step has its own name.

use std::sync::Arc;

use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use super::*;
use crate::call::{Failure, FailureClass, Outcome, Surface};
use crate::compare::cause::CauseKind;
use crate::compare::ledger::Ledger;
use crate::compare::samples::{executed, record, subjects, transcript};
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::scenario::load_embedded;
use crate::transcript::{StepResult, Transcript};

/// What the steps of a side gave, `00-provision` left out; a list per replay.
type Gave<'a> = &'a [Vec<StepResult>];

fn judge(steps: &str, source: Gave<'_>, target: Gave<'_>) -> CaseVerdict {
    let text = format!("why: x\nsteps:\n{steps}");
    let scenario = Arc::clone(&load_embedded(&[("a/b", &text)]).unwrap()[0]);
    let played = |side: Side, replays: Gave<'_>| -> Vec<Transcript> {
        let one = |(results, replay): (&Vec<StepResult>, u32)| {
            let made = StepResult::Outcome(Outcome::default());
            let results = std::iter::once(made).chain(results.iter().cloned());
            let steps = scenario.steps.iter().zip(results);
            let steps = steps.map(|(step, result)| record(&step.id, result));
            transcript(side, replay, steps.collect())
        };
        replays.iter().zip(1..).map(one).collect()
    };
    let (source, target) = (played(Side::Source, source), played(Side::Target, target));
    judge_case(&CaseInput {
        case_id: "provider/a/b",
        scenario: &scenario,
        surface: Surface::Provider,
        required: true,
        transcripts: BySide {
            source: &source,
            target: &target,
        },
        subjects: &subjects(),
        ledger: &Ledger::default(),
        now: "2026-11-23T16:00:00Z".parse().unwrap(),
    })
}

fn text(output: &str) -> StepResult {
    executed(output.as_bytes())
}

fn failed(class: FailureClass) -> StepResult {
    StepResult::Outcome(Outcome::default().with_failure(&Failure::new(class, "no")))
}

fn done() -> StepResult {
    StepResult::Outcome(Outcome::default())
}

fn not_reached() -> StepResult {
    StepResult::NotReached("`${{ v }}` is not defined here".to_owned())
}

/// The cause of a step: its step, its kind, and whether it is certain.
fn blamed<'c>(case: &'c CaseVerdict, id: &str) -> Option<(&'c str, CauseKind, bool)> {
    let step = case.steps.iter().find(|step| step.id == id).unwrap();
    let blame = step.blame?;
    let cause = &case.causes[blame.cause];
    Some((&cause.step, cause.kind, blame.certain))
}

const EFFECT: &str = "  - id: in\n    send_stdin: { process: p, data: a }\n  \
                      - id: other\n    execute: x\n  - id: effect\n    execute: cat got\n";

#[test]
fn what_a_side_cannot_do_is_named_where_its_effect_is_missing() {
    let steps = format!("  - start_background: {{ as: p, cmd: x }}\n{EFFECT}");
    let case = judge(
        &steps,
        &[vec![done(), done(), text("o"), text("a")]],
        &[vec![
            done(),
            StepResult::Unsupported("Daytona has no such thing".to_owned()),
            text("o"),
            text(""),
        ]],
    );
    assert_eq!(case.verdict, Verdict::NewDivergence);
    assert_eq!(
        blamed(&case, "effect"),
        Some(("in", CauseKind::Unsupported, false))
    );
    assert_eq!(blamed(&case, "other"), None, "it is as it should be");
    assert_eq!(
        case.reason,
        "step `effect`: `$.output` differs; likely first cause: step `in`, line 4: unsupported \
         on the target: Daytona has no such thing"
    );
    let aside = &case.steps[2];
    assert_eq!((aside.gave.source.len(), aside.gave.target.len()), (1, 1));
}

#[test]
fn a_capture_that_found_nothing_is_named_where_its_name_is_used() {
    let steps = "  - id: a\n    execute: echo lang\n    capture: { v: { field: output, pattern: \
                 'lang=(.+)' }, w: { field: output } }\n  - id: b\n    execute: 'echo ${{ v }}'\n    \
                 capture: { u: output }\n  - id: c\n    execute: 'echo ${{ u }}'\n  - id: d\n    \
                 execute: 'echo ${{ w }}'\n";
    let case = judge(
        steps,
        &[vec![
            text("lang=\n"),
            not_reached(),
            not_reached(),
            text("d"),
        ]],
        &[vec![text("lang=C\n"), text("C"), text("C"), text("d")]],
    );
    let wanted = Some(("a", CauseKind::Capture, true));
    assert_eq!((blamed(&case, "b"), blamed(&case, "c")), (wanted, wanted));
    assert_eq!(blamed(&case, "d"), None);
    assert_eq!(
        case.reason,
        "step `a`: `$.output` differs; capture `v` found nothing on the source: `$.output` does \
         not match `lang=(.+)`"
    );
}

#[test]
fn a_time_limit_and_an_until_are_causes_unless_they_are_expected() {
    let steps = |expect: &str| {
        format!(
            "  - id: slow\n    execute: sleep 9\n{expect}  - id: ready\n    execute: curl\n    \
             until: {{ that: {{ output: ok }}, every: 1s, for: 2s }}\n  - id: after\n    execute: x\n"
        )
    };
    let slow = || failed(FailureClass::Timeout);
    let source = [vec![slow(), text("ok"), text("1")]];
    let target = [vec![slow(), text("no"), text("2")]];
    let case = judge(&steps(""), &source, &target);
    assert_eq!(
        blamed(&case, "ready"),
        Some(("slow", CauseKind::TimeLimit, false))
    );
    assert_eq!(
        blamed(&case, "after"),
        Some(("slow", CauseKind::TimeLimit, false))
    );
    assert!(case.steps[1].agrees_only_in_failing);
    assert!(
        case.causes[0]
            .what
            .starts_with("ended by its time limit on both sides: after 0.0 s"),
        "{}",
        case.causes[0].what
    );
    let until = &case.causes[1];
    assert_eq!((until.kind, until.at), (CauseKind::Until, 2));
    assert!(until.what.contains("on the target"), "{}", until.what);
    let expected = steps("    expect: { failure.class: timeout }\n");
    let case = judge(&expected, &source, &target);
    assert_eq!(
        blamed(&case, "after"),
        Some(("ready", CauseKind::Until, false))
    );
}

#[test]
fn an_expectation_of_something_else_hides_no_time_limit() {
    let steps = |expect: &str| {
        format!(
            "  - id: slow\n    execute: make\n    expect: {{ {expect} }}\n  - id: after\n    \
             execute: x\n"
        )
    };
    let slow = || failed(FailureClass::Timeout);
    let source = [vec![slow(), text("1")]];
    let target = [vec![slow(), text("2")]];
    let limit = |expect: &str| {
        let case = judge(&steps(expect), &source, &target);
        let (step, kind, _) = blamed(&case, "after")?;
        let what = case.causes[0].what.clone();
        Some((step.to_owned(), kind, what))
    };
    for (expect, place) in [
        ("failure.message: { matches: no }", "on both sides"),
        ("exit_code: { absent: true }", "on both sides"),
        ("failure.class: not_found", "on both sides"),
        ("source: { failure.class: timeout }", "on the target"),
    ] {
        let what = format!("ended by its time limit {place}: after 0.0 s");
        assert_eq!(
            limit(expect),
            Some(("slow".to_owned(), CauseKind::TimeLimit, what)),
            "{expect}"
        );
    }
    for expect in [
        "failure.class: timeout",
        "failure.class: { one_of: [timeout, invalid] }",
    ] {
        assert_eq!(limit(expect), None, "{expect}");
    }
}

#[test]
fn a_dead_provider_is_the_cause_of_all_that_follows_but_for_what_is_deferred() {
    let steps = "  - id: last\n    defer: true\n    execute: x\n  - id: dies\n    execute: x\n  \
                 - id: next\n    execute: x\n";
    let dead = StepResult::ProviderError(Failure::new(FailureClass::Unavailable, "gone"));
    let case = judge(
        steps,
        &[vec![text("a"), text("b"), text("c")]],
        &[vec![text("other"), dead, not_reached()]],
    );
    assert_eq!(case.verdict, Verdict::ProviderError);
    assert_eq!(
        blamed(&case, "next"),
        Some(("dies", CauseKind::ProviderError, true))
    );
    assert_eq!(
        blamed(&case, "last"),
        Some(("dies", CauseKind::ProviderError, false))
    );
    assert_eq!(blamed(&case, "dies"), None);
    let gave = &case.steps[2].gave;
    assert_eq!((gave.source.len(), gave.target.len()), (1, 1));
}

#[test]
fn each_step_has_its_own_name_and_the_reason_names_the_first_that_differs_too() {
    let steps = "  - id: flickers\n    execute: x\n  - id: differs\n    execute: y\n";
    let source = [
        vec![text("1"), text("none")],
        vec![text("2"), text("none")],
        vec![text("3"), text("none")],
    ];
    let target = [vec![text("s"), text("C")], vec![text("s"), text("C")]];
    let case = judge(steps, &source, &target);
    let verdicts: Vec<_> = case.steps[1..].iter().map(|step| step.verdict).collect();
    assert_eq!(verdicts, [Verdict::UnstableSource, Verdict::NewDivergence]);
    assert_eq!(
        case.reason,
        "step `differs`: `$.output` differs; the first step that differs is `flickers`, line 3 \
         (unstable_source)"
    );
}
