use cutover_base::side::Side;

use super::tests::{Judge, failed, side};
use crate::call::FailureClass;
use crate::compare::samples::{executed, step};
use crate::compare::verdict::Verdict;
use crate::transcript::StepResult;
use crate::transcript::record::UnmetExpectation;

#[test]
fn an_error_is_held_against_no_expectation() {
    let judge = Judge::of(step("execute: x"));
    let dead = || failed(FailureClass::Unavailable);
    let ended = |result: StepResult| {
        let mut transcripts = side(Side::Source, "execute", vec![result]);
        transcripts[0].steps[0].unmet.push(UnmetExpectation {
            line: 7,
            path: "$.exit_code".to_owned(),
            message: "wanted equals 0, found nothing".to_owned(),
        });
        let target = side(Side::Target, "execute", vec![executed(b"a")]);
        judge.judge(&transcripts, &target)
    };
    let case = ended(dead());
    assert_eq!(case.verdict, Verdict::ProviderError);
    // What the report counts as changed is made of these.
    assert!(case.steps[0].unmet.is_empty());
    let case = ended(executed(b"a"));
    assert_eq!(case.verdict, Verdict::ExpectationFailed);
    assert_eq!(case.steps[0].unmet.len(), 1);
}

#[test]
fn a_refused_sandbox_is_an_error_whatever_its_class() {
    let judge = Judge::of(step("execute: x"));
    for class in [
        FailureClass::Invalid,
        FailureClass::NotFound,
        FailureClass::TooLarge,
    ] {
        let case = judge.results(vec![failed(class)], vec![failed(class)]);
        assert_eq!(case.verdict, Verdict::ProviderError, "{class}");
    }
}
