//! What a step's conditions make of what came back: expectations and the end of an `until`.
//!
//! They are asked of outcomes only. What ended in an error has nothing to hold a condition against:
//! it stays an error, but for an `expect` that names its class.

use std::time::Duration;

use crate::call::Outcome;
use crate::scenario::PlayedAt;
use crate::scenario::model::{Step, Until};
use crate::transcript::StepResult;
use crate::transcript::record::UnmetExpectation;

/// How often a step was tried, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Tried {
    /// Attempts; more than one for an `until` only.
    pub attempts: u32,
    /// From the beginning of the first to the end of the last.
    pub waited: Duration,
}

/// The conditions of a step that do not hold for what came back.
pub fn unmet(
    step: &Step,
    at: PlayedAt,
    result: &StepResult,
    tried: Tried,
) -> Vec<UnmetExpectation> {
    let Some(outcome) = judged_as(step, at, result) else {
        return Vec::new();
    };
    let expected = step
        .expect
        .iter()
        .filter(|expect| expect.applies(at))
        .filter_map(|expect| {
            let message = expect.check(&outcome).err()?;
            Some(UnmetExpectation {
                line: expect.line,
                path: expect.path.text.clone(),
                message,
            })
        });
    let until = step.until.as_ref().and_then(|until| {
        Some(UnmetExpectation {
            line: step.line,
            path: "until".to_owned(),
            message: not_come_true(until, &outcome, tried)?,
        })
    });
    expected.chain(until).collect()
}

/// An error class that the step expects by name is an outcome; every other error stays one.
pub(crate) fn settled(step: &Step, at: PlayedAt, result: StepResult) -> StepResult {
    match result {
        StepResult::ProviderError(failure) if step.accepts(at, failure.class) => {
            StepResult::Outcome(Outcome::default().with_failure(&failure))
        }
        other => other,
    }
}

/// The outcome that conditions are held against, if it is one.
fn judged_as(step: &Step, at: PlayedAt, result: &StepResult) -> Option<Outcome> {
    match settled(step, at, result.clone()) {
        StepResult::Outcome(outcome) => Some(outcome),
        _ => None,
    }
}

/// Whether all that an `until` waits for is true.
pub(crate) fn came_true(until: &Until, outcome: &Outcome) -> bool {
    let mut that = until.that.iter();
    that.all(|(path, matcher)| matcher.check(&path.find(outcome)).is_ok())
}

/// The path of a condition that ends an `until` at once, if one holds.
pub(crate) fn aborted<'a>(until: &'a Until, outcome: &Outcome) -> Option<&'a str> {
    let mut abort_if = until.abort_if.iter();
    abort_if
        .find(|(path, matcher)| matcher.check(&path.find(outcome)).is_ok())
        .map(|(path, _)| path.text.as_str())
}

/// Why an `until` ended without what it waited for, if it did. That both sides wait in vain is no
/// agreement.
fn not_come_true(until: &Until, outcome: &Outcome, tried: Tried) -> Option<String> {
    if came_true(until, outcome) {
        return None;
    }
    let attempts = match tried.attempts {
        1 => "1 attempt".to_owned(),
        many => format!("{many} attempts"),
    };
    let waited = format!("{:.1} s ({attempts})", tried.waited.as_secs_f64());
    if let Some(path) = aborted(until, outcome) {
        return Some(format!("ended by `abort_if` on `{path}` after {waited}"));
    }
    let missing = until.that.iter().find_map(|(path, matcher)| {
        let why = matcher.check(&path.find(outcome)).err()?;
        Some(format!("`{}`: {why}", path.text))
    });
    let missing = missing.unwrap_or_default();
    Some(format!("never came true in {waited}; at last {missing}"))
}

#[cfg(test)]
mod tests {
    use cutover_base::side::Side;
    use serde_json::json;

    use super::*;
    use crate::call::{Failure, FailureClass, Surface};
    use crate::scenario::load_embedded;

    fn step(rest: &str) -> Step {
        let text = format!("why: x\nsteps:\n  - execute: ls\n{rest}");
        let scenario = &load_embedded(&[("a/b", &text)]).unwrap()[0];
        scenario.steps[1].clone()
    }

    const AT: PlayedAt = PlayedAt {
        surface: Surface::Provider,
        side: Side::Source,
        with_platform: true,
    };

    fn check(step: &Step, result: &StepResult) -> Vec<String> {
        let tried = Tried {
            attempts: 4,
            waited: Duration::from_millis(2040),
        };
        unmet(step, AT, result, tried)
            .into_iter()
            .map(|unmet| format!("{}: {}", unmet.path, unmet.message))
            .collect()
    }

    fn failed(class: FailureClass) -> StepResult {
        StepResult::ProviderError(Failure::new(class, "no"))
    }

    fn gave(code: i64, state: &str) -> StepResult {
        StepResult::Outcome(
            Outcome::default()
                .with("exit_code", code)
                .with("state", json!(state)),
        )
    }

    #[test]
    fn an_error_is_held_against_no_expectation_that_does_not_name_it() {
        let step = step("    expect: { exit_code: 0 }\n");
        assert_eq!(check(&step, &gave(3, "")).len(), 1);
        assert!(check(&step, &failed(FailureClass::Unavailable)).is_empty());
        assert!(check(&step, &StepResult::HarnessError("x".to_owned())).is_empty());
    }

    #[test]
    fn an_expectation_of_a_class_makes_that_error_an_outcome_and_no_other() {
        let step =
            step("    expect: { failure.class: unavailable, exit_code: { absent: true } }\n");
        let settle = |class| settled(&step, AT, failed(class));
        assert!(matches!(
            settle(FailureClass::Unavailable),
            StepResult::Outcome(_)
        ));
        assert!(check(&step, &failed(FailureClass::Unavailable)).is_empty());
        assert_eq!(
            settle(FailureClass::Internal),
            failed(FailureClass::Internal)
        );
        assert!(check(&step, &failed(FailureClass::Internal)).is_empty());
    }

    #[test]
    fn that_no_failure_is_expected_accepts_no_error() {
        for expect in ["failure: { absent: true }", "failure: { absent: false }"] {
            let step = step(&format!("    expect: {{ {expect} }}\n"));
            let error = failed(FailureClass::Unavailable);
            assert!(check(&step, &error).is_empty(), "{expect}");
            let result = settled(&step, AT, error.clone());
            assert_eq!(result, error, "{expect}");
        }
    }

    #[test]
    fn an_until_that_never_came_true_is_a_failed_expectation() {
        let step = step(
            "    until: { that: { exit_code: 0 }, every: 500ms, for: 2s, \
             abort_if: { exit_code: 7 } }\n",
        );
        assert!(check(&step, &gave(0, "")).is_empty());
        assert_eq!(
            check(&step, &gave(3, "")),
            [
                "until: never came true in 2.0 s (4 attempts); at last `$.exit_code`: wanted equals 0, found 3"
            ]
        );
        assert_eq!(
            check(&step, &gave(7, "")),
            ["until: ended by `abort_if` on `$.exit_code` after 2.0 s (4 attempts)"]
        );
        // The last attempt met an error: that is what the step came to.
        assert!(check(&step, &failed(FailureClass::Unavailable)).is_empty());
    }
}
