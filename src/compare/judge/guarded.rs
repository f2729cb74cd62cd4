//! What each side was at when the harness's own guard gave up a call: a provider that has a time
//! limit and one that has none look alike to whoever sees only that a call hung.

use cutover_base::by_side::BySide;

use crate::call::FailureClass;
use crate::transcript::record::STILL_RUNNING;
use crate::transcript::{StepRecord, StepResult, Transcript};

/// What each side was at, where the guard gave up the step on either; `None` where it did not.
pub(super) fn states(id: &str, replays: BySide<&[Transcript]>) -> Option<String> {
    let records = replays.map(|side| {
        let records = side.iter().flat_map(|transcript| &transcript.steps);
        records
            .filter(|record| record.step == id)
            .collect::<Vec<_>>()
    });
    let given_up = |record: &&StepRecord| guard_words(record).is_some();
    if !records.iter().any(|(_, side)| side.iter().any(given_up)) {
        return None;
    }
    let told = records.iter().filter_map(|(side, records)| {
        // The replay that was given up speaks for its side.
        let record = records.iter().find(|record| given_up(record));
        let record = record.or_else(|| records.last())?;
        Some(format!("{side} {}", state(record)))
    });
    Some(told.collect::<Vec<_>>().join(", "))
}

fn guard_words(record: &StepRecord) -> Option<&str> {
    match &record.result {
        StepResult::HarnessError(words) if words.starts_with(STILL_RUNNING) => Some(words),
        _ => None,
    }
}

fn state(record: &StepRecord) -> String {
    let seconds = (record.duration_ms + 500) / 1000;
    match &record.result {
        _ if guard_words(record).is_some() => format!("still running after {seconds} s"),
        StepResult::Outcome(outcome) if outcome.failure_class() == Some(FailureClass::Timeout) => {
            format!("ended by its limit after {seconds} s")
        }
        StepResult::Outcome(_) => format!("ended after {seconds} s"),
        StepResult::ProviderError(failure) => format!("met a provider error ({})", failure.class),
        StepResult::HarnessError(_) => "met a harness error".to_owned(),
        StepResult::Unsupported(_) => "has no such thing".to_owned(),
        StepResult::NotReached(_) | StepResult::NotRecorded(_) => "was not asked".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use cutover_base::side::Side;

    use super::*;
    use crate::call::{Failure, Outcome};
    use crate::compare::samples::{executed, record, transcript};

    fn given_up() -> StepResult {
        StepResult::HarnessError(format!("{STILL_RUNNING}600 s, when the guard gave it up"))
    }

    fn timed_out() -> StepResult {
        let failure = Failure::new(FailureClass::Timeout, "context deadline exceeded");
        StepResult::Outcome(Outcome::default().with_failure(&failure))
    }

    fn told(source: (StepResult, u64), target: (StepResult, u64)) -> Option<String> {
        let replay = |side, (result, seconds): (StepResult, u64)| {
            let step = StepRecord {
                duration_ms: seconds * 1000 + 7,
                ..record("x", result)
            };
            [transcript(side, 1, vec![step])]
        };
        let (source, target) = (replay(Side::Source, source), replay(Side::Target, target));
        let replays = BySide {
            source: source.as_slice(),
            target: target.as_slice(),
        };
        states("x", replays)
    }

    #[test]
    fn each_side_is_told_where_one_was_given_up() {
        for (source, target, words) in [
            (
                (timed_out(), 60),
                (given_up(), 600),
                "source ended by its limit after 60 s, target still running after 600 s",
            ),
            (
                (given_up(), 600),
                (executed(b"built"), 66),
                "source still running after 600 s, target ended after 66 s",
            ),
            (
                (given_up(), 5),
                (StepResult::NotReached("no".to_owned()), 0),
                "source still running after 5 s, target was not asked",
            ),
        ] {
            assert_eq!(told(source, target).as_deref(), Some(words));
        }
    }

    #[test]
    fn other_errors_are_none_of_its_affair() {
        let broken = || StepResult::HarnessError("no space left".to_owned());
        assert_eq!(told((broken(), 1), (timed_out(), 60)), None);
        assert_eq!(told((timed_out(), 60), (executed(b"x"), 66)), None);
    }
}
