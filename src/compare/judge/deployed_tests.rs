use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use super::tests::side;
use super::{CaseInput, judge_case};
use crate::call::{FailureClass, Outcome, Stack, Surface};
use crate::compare::ledger::{Ledger, LedgerText, read_ledger};
use crate::compare::samples::{scenario, step, subjects};
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::scenario::load_embedded;
use crate::scenario::model::Step;
use crate::transcript::StepResult;

const INNER: &str = "execute failed: internal error";

struct Bench {
    surface: Surface,
    step: Step,
    stacks: BySide<&'static str>,
    ledger: Ledger,
}

impl Bench {
    fn new(surface: Surface) -> Self {
        Self {
            surface,
            step: step("execute: x"),
            stacks: BySide::from_fn(|_| "deployed"),
            ledger: Ledger::default(),
        }
    }

    fn expecting(mut self, expect: &str) -> Self {
        let text = format!("why: x\nsteps:\n  - {{execute: x, expect: {{{expect}}}}}\n");
        let scenario = &load_embedded(&[("a/b", &text)]).unwrap()[0];
        self.step.expect.clone_from(&scenario.steps[1].expect);
        self
    }

    /// Answers of both sides: texts at surface mcp, statuses at surface platform.
    fn judged(&self, source: &[&str], target: &[&str]) -> CaseVerdict {
        let outcome = |answer: &&str| {
            StepResult::Outcome(match self.surface {
                Surface::Platform => {
                    let status: u64 = answer.parse().unwrap();
                    Outcome::default().with("status", status)
                }
                _ => Outcome::default().with("text", *answer),
            })
        };
        let results = |answers: &[&str]| answers.iter().map(outcome).collect();
        let mut subjects = subjects();
        for side in Side::BOTH {
            let stack: Stack = self.stacks[side].parse().unwrap();
            subjects.sides.get_mut(side).stack = stack;
        }
        judge_case(&CaseInput {
            case_id: &format!("{}/a/b", self.surface),
            scenario: &scenario("a/b", vec![self.step.clone()]),
            surface: self.surface,
            required: true,
            transcripts: BySide {
                source: &side(Side::Source, "execute", results(source)),
                target: &side(Side::Target, "execute", results(target)),
            },
            subjects: &subjects,
            ledger: &self.ledger,
            now: "2026-11-23T16:00:00Z".parse().unwrap(),
        })
    }

    fn check(&self, source: &[&str], target: &[&str], verdict: Verdict) {
        let case = self.judged(source, target);
        assert_eq!(
            case.verdict, verdict,
            "{source:?} {target:?}: {}",
            case.reason
        );
    }
}

#[test]
fn two_platforms_that_fail_inside_agree_on_nothing() {
    let platform = Bench::new(Surface::Platform);
    platform.check(&["500"], &["500"], Verdict::ProviderError);
    platform.check(&["502"], &["503"], Verdict::ProviderError);
    // In one replay of each is enough: an error stays one.
    platform.check(&["200", "500"], &["503", "200"], Verdict::ProviderError);
    platform.check(&["404"], &["404"], Verdict::Identical);
    platform.check(&["500"], &["200"], Verdict::NewDivergence);
    let mcp = Bench::new(Surface::Mcp);
    mcp.check(&[INNER], &[INNER], Verdict::ProviderError);
    mcp.check(
        &["execute failed: HTTP 503"],
        &[INNER],
        Verdict::ProviderError,
    );
    let refused = |who: &str| {
        format!("execute failed: {who} did not do its work (HTTP 503); the command was not run")
    };
    let [one, other, nobody] = ["e2b", "daytona", "somebody"].map(refused);
    let (one, other) = (one.as_str(), other.as_str());
    mcp.check(&[one], &[other], Verdict::ProviderError);
    mcp.check(&[one], &[INNER], Verdict::ProviderError);
    for text in [
        nobody.as_str(),
        "execute failed: HTTP 404",
        "execute failed: HTTP 5030",
        "internal error",
        "a log says: execute failed: internal error",
        "execute failed: internal errors",
    ] {
        mcp.check(&[text], &[text], Verdict::Identical);
    }
    mcp.check(&[INNER], &["a\n"], Verdict::NewDivergence);
    let case = mcp.judged(&[INNER], &[INNER]);
    assert!(
        case.errors
            .iter()
            .all(|error| error.class == Some(FailureClass::Internal))
    );
    assert_eq!(case.errors.len(), 2);
    assert!(case.reason.contains(INNER), "{}", case.reason);
}

#[test]
fn only_what_cannot_be_seen_is_taken_for_an_error() {
    let mut bench = Bench::new(Surface::Platform);
    bench.stacks.target = "lap-337";
    bench.check(&["500"], &["500"], Verdict::ProviderError);
    bench.stacks.source = "unified";
    bench.check(&["500"], &["500"], Verdict::Identical);
}

#[test]
fn an_expectation_that_names_the_failure_makes_it_an_outcome() {
    let platform = |expect| Bench::new(Surface::Platform).expecting(expect);
    platform("status: 500").check(&["500"], &["500"], Verdict::Identical);
    platform("platform: {status: {min: 500}}").check(&["500"], &["500"], Verdict::Identical);
    // One side is expected to fail, so that the other is not alike in failing.
    platform("source: {status: 500}").check(&["500"], &["500"], Verdict::Identical);
    platform("status: 200").check(&["500"], &["500"], Verdict::ProviderError);
    platform("mcp: {is_error: true}").check(&["500"], &["500"], Verdict::ProviderError);
    let mcp = |expect| Bench::new(Surface::Mcp).expecting(expect);
    mcp("text: {ends_with: internal error}").check(&[INNER], &[INNER], Verdict::Identical);
    mcp("is_error: {absent: true}").check(&[INNER], &[INNER], Verdict::ProviderError);
}

#[test]
fn the_ledger_may_know_the_failure() {
    let text = format!(
        "format: cutover.quirks/1\nquirks:\n  - id: Q27\n    title: t\n    kind: shared\n    cause: platform\n    effect: change\n    gate: allow\n    shapes:\n      - {{case: mcp/a/b, step: execute, field: $.text, both: {{sides: [e2b, daytona], equals: '{INNER}'}}}}\n    reason: r\n    fix: f\n    link: https://example.org\n    owner: o\n    expires: 2027-06-01\n"
    );
    let mut bench = Bench::new(Surface::Mcp);
    bench.ledger = read_ledger(&[LedgerText {
        file: "quirks.yaml",
        text: &text,
    }])
    .unwrap();
    bench.check(&[INNER], &[INNER], Verdict::Identical);
    let other = "execute failed: HTTP 503";
    bench.check(&[other], &[other], Verdict::ProviderError);
}
