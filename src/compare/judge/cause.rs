//! What happened in a step that later steps may suffer from.

use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::call::{FailureClass, FieldValue, Outcome};
use crate::compare::cause::{Cause, CauseKind, Gave, Given};
use crate::compare::judge::got::Got;
use crate::compare::judge::input::CaseInput;
use crate::normalise::Normaliser;
use crate::scenario::model::{Step, Until};
use crate::transcript::Transcript;

/// The transcripts of one side, each with its rules.
type Replays<'a> = [(&'a Transcript, Normaliser)];

/// In which replays of each side something happened, and what was said of it.
type Happened = BySide<Vec<(u32, String)>>;

/// The causes in a step, each kind once. `at` is left to the caller.
pub(super) fn causes(
    input: &CaseInput<'_>,
    (id, step): (&str, &Step),
    replays: BySide<&Replays<'_>>,
    got: &BySide<Vec<Got<'_>>>,
) -> Vec<Cause> {
    let find = |look: &dyn Fn(Side, &Transcript, &Got<'_>) -> Option<String>| -> Happened {
        BySide::from_fn(|side| {
            let all = replays[side].iter().zip(&got[side]);
            let found = all.filter_map(|((transcript, _), got)| {
                Some((transcript.replay, look(side, transcript, got)?))
            });
            found.collect()
        })
    };
    let mut causes = Vec::new();
    let mut add = |kind, name: Option<&str>, words: &str, happened: &Happened| {
        if happened.iter().all(|(_, side)| side.is_empty()) {
            return;
        }
        causes.push(Cause {
            at: 0,
            step: id.to_owned(),
            line: step.line,
            kind,
            name: name.map(str::to_owned),
            what: sentence(words, happened, got),
        });
    };
    let plain = find(&|_, _, got| match got {
        Got::Unsupported(why) => Some(why.clone()),
        _ => None,
    });
    add(CauseKind::Unsupported, None, "unsupported", &plain);
    let plain = find(&|_, _, got| match got {
        Got::NotRecorded(why) => Some(why.clone()),
        _ => None,
    });
    add(CauseKind::NotRecorded, None, "not recorded", &plain);
    let plain = find(&|_, _, got| match got {
        Got::Error(Some(class), message) => Some(format!("{class}: {message}")),
        _ => None,
    });
    add(
        CauseKind::ProviderError,
        None,
        "the provider failed",
        &plain,
    );
    let plain = find(&|_, _, got| match got {
        Got::Error(None, message) => Some(message.clone()),
        _ => None,
    });
    add(CauseKind::HarnessError, None, "the harness failed", &plain);
    if !is_expected(input, step) {
        let limit = find(&|_, transcript, got| {
            let Got::Outcome(outcome) = got else {
                return None;
            };
            is_time_limit(outcome).then(|| after(transcript, id))
        });
        add(
            CauseKind::TimeLimit,
            None,
            "ended by its time limit",
            &limit,
        );
    }
    if let Some(until) = &step.until {
        let missed = find(&|_, transcript, got| {
            let Got::Outcome(outcome) = got else {
                return None;
            };
            (!holds(until, outcome)).then(|| after(transcript, id))
        });
        add(
            CauseKind::Until,
            None,
            "its `until` did not come true",
            &missed,
        );
    }
    for capture in &step.capture {
        let missed = find(&|_, _, got| {
            let Got::Outcome(outcome) = got else {
                return None;
            };
            capture.take(outcome).err()
        });
        let words = format!("capture `{}` found nothing", capture.name);
        add(CauseKind::Capture, Some(&capture.name), &words, &missed);
    }
    causes
}

/// What each side gave, where that cannot be compared field by field.
pub(super) fn gave(replays: BySide<&Replays<'_>>, got: &BySide<Vec<Got<'_>>>) -> BySide<Vec<Gave>> {
    BySide::from_fn(|side| {
        let mut all: Vec<Gave> = Vec::new();
        for ((transcript, _), got) in replays[side].iter().zip(&got[side]) {
            let what = match got {
                Got::Outcome(outcome) => Given::Outcome(outcome.clone().into_owned()),
                Got::Error(class, message) => Given::Error(*class, message.clone()),
                Got::Unsupported(why) => Given::Unsupported(why.clone()),
                Got::NotReached(why) => Given::NotReached(why.clone()),
                Got::NotRecorded(why) => Given::NotRecorded(why.clone()),
            };
            match all.iter_mut().find(|had| had.what == what) {
                Some(had) => had.replays.push(transcript.replay),
                None => all.push(Gave {
                    replays: vec![transcript.replay],
                    what,
                }),
            }
        }
        all
    })
}

/// What a scenario says that would happen is no mishap.
fn is_expected(input: &CaseInput<'_>, step: &Step) -> bool {
    let mut expect = step.expect.iter();
    expect.any(|expect| expect.surface.is_none_or(|on| on == input.surface))
}

fn is_time_limit(outcome: &Outcome) -> bool {
    let Some(FieldValue::Json(failure)) = outcome.fields.get("failure") else {
        return false;
    };
    failure.get("class").and_then(|class| class.as_str()) == Some(FailureClass::Timeout.name())
}

fn holds(until: &Until, outcome: &Outcome) -> bool {
    let mut that = until.that.iter();
    that.all(|(path, matcher)| matcher.check(&path.find(outcome)).is_ok())
}

/// How long the step took in a replay.
fn after(transcript: &Transcript, id: &str) -> String {
    let record = transcript.steps.iter().find(|record| record.step == id);
    let ms = record.map_or(0, |record| record.duration_ms);
    format!("after {}.{} s", ms / 1000, ms % 1000 / 100)
}

fn sentence(words: &str, happened: &Happened, got: &BySide<Vec<Got<'_>>>) -> String {
    let with = |side: Side| !happened[side].is_empty();
    let place = match (with(Side::Source), with(Side::Target)) {
        (true, true) => "on both sides",
        (true, false) => "on the source",
        _ => "on the target",
    };
    let some_only = Side::BOTH
        .into_iter()
        .any(|side| with(side) && happened[side].len() < got[side].len());
    let some_only = if some_only { " in some replays" } else { "" };
    let mut said: Vec<&str> = Vec::new();
    for (_, side) in happened.iter() {
        if let Some((_, first)) = side.first()
            && !said.contains(&first.as_str())
        {
            said.push(first);
        }
    }
    format!("{words} {place}{some_only}: {}", said.join("; "))
}
