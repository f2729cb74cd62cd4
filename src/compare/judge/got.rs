//! What one side gave in one replay of a step: an outcome, an error, or why it stands aside.

use std::borrow::Cow;

use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::call::{Failure, FailureClass, FieldValue, Outcome, Surface};
use crate::compare::judge::input::CaseInput;
use crate::compare::verdict::Verdict;
use crate::normalise::Normaliser;
use crate::scenario::model::Step;
use crate::transcript::{StepResult, Transcript};

/// What one side gave in one replay.
pub(super) enum Got<'a> {
    Outcome(Cow<'a, Outcome>),
    Error(Option<FailureClass>, String),
    Unsupported(String),
    NotReached(String),
    NotRecorded(String),
}

/// What a side gave in each replay.
pub(super) fn results<'a>(
    input: &CaseInput<'_>,
    id: &str,
    step: &Step,
    side: Side,
    replays: &[(&'a Transcript, Normaliser)],
) -> Vec<Got<'a>> {
    replays
        .iter()
        .map(|(transcript, _)| {
            let record = transcript.steps.iter().find(|record| record.step == id);
            match record.map(|record| &record.result) {
                None => Got::NotReached("nothing was recorded of it".to_owned()),
                Some(StepResult::HarnessError(message)) => Got::Error(None, message.clone()),
                Some(StepResult::Unsupported(message)) => Got::Unsupported(message.clone()),
                Some(StepResult::NotReached(message)) => Got::NotReached(message.clone()),
                Some(StepResult::NotRecorded(message)) => Got::NotRecorded(message.clone()),
                Some(StepResult::ProviderError(failure)) => {
                    if step.accepts(input.at(side), failure.class) {
                        let outcome = Outcome::default().with_failure(failure);
                        Got::Outcome(Cow::Owned(outcome))
                    } else {
                        Got::Error(Some(failure.class), failure.message.clone())
                    }
                }
                Some(StepResult::Outcome(outcome)) => match error_in(outcome) {
                    Some(failure) if !step.accepts(input.at(side), failure.class) => {
                        Got::Error(Some(failure.class), failure.message)
                    }
                    _ => Got::Outcome(Cow::Borrowed(outcome)),
                },
            }
        })
        .collect()
}

/// An error class that came as a field: still the provider's failure and never parity.
fn error_in(outcome: &Outcome) -> Option<Failure> {
    let class = outcome.failure_class().filter(|class| class.is_error())?;
    let message = match outcome.fields.get("failure") {
        Some(FieldValue::Json(failure)) => failure["message"].as_str(),
        _ => None,
    };
    Some(Failure::new(class, message.unwrap_or_default()))
}

/// Why a step is not judged, if a side stands aside.
pub(super) fn aside(got: &BySide<Vec<Got<'_>>>) -> Option<(Verdict, String)> {
    // What a side cannot do says more than what could not be reached for it.
    let rank = |verdict: Verdict| match verdict {
        Verdict::Unsupported => 0,
        Verdict::NotRecorded => 1,
        _ => 2,
    };
    got.iter()
        .flat_map(|(side, got)| got.iter().map(move |got| (side, got)))
        .filter_map(|(side, got)| match got {
            Got::Unsupported(why) => Some((
                Verdict::Unsupported,
                format!("unsupported on the {side}: {why}"),
            )),
            Got::NotRecorded(why) => Some((
                Verdict::NotRecorded,
                format!("not recorded on the {side}: {why}"),
            )),
            Got::NotReached(why) => Some((
                Verdict::NotReached,
                format!("not reached on the {side}: {why}"),
            )),
            _ => None,
        })
        .min_by_key(|(verdict, _)| rank(*verdict))
}

/// Whether what was asked for was not done.
pub(super) fn failed(outcome: &Outcome, surface: Surface) -> bool {
    let json = |name: &str| match outcome.fields.get(name) {
        Some(FieldValue::Json(value)) => Some(value),
        _ => None,
    };
    match surface {
        Surface::Mcp => {
            json("rpc_error").is_some() || json("is_error").is_some_and(|flag| flag == true)
        }
        Surface::Platform => json("status")
            .and_then(serde_json::Value::as_u64)
            .is_some_and(|s| s >= 400),
        Surface::Provider => {
            json("failure").is_some()
                || json("signal").is_some_and(|signal| !signal.is_null())
                || json("exit_code").is_some_and(|code| code != 0)
        }
    }
}
