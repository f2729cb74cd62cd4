//! What happened in a step that later steps may suffer from.

use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::call::{FailureClass, Outcome};
use crate::compare::cause::{self, Cause, CauseKind, Gave};
use crate::compare::judge::got::Got;
use crate::compare::judge::input::CaseInput;
use crate::normalise::Normaliser;
use crate::scenario::model::{Step, Until};
use crate::transcript::Transcript;

/// The transcripts of one side, each with its rules.
type Replays<'a> = [(&'a Transcript, Normaliser)];

/// In which replays of each side something happened, and what was said of it.
type Happened = BySide<Vec<(u32, String)>>;

/// A step and what was given for it.
#[derive(Clone, Copy)]
pub(super) struct Given<'a, 'g> {
    pub(super) id: &'a str,
    pub(super) step: &'a Step,
    pub(super) replays: BySide<&'a Replays<'a>>,
    pub(super) got: &'a BySide<Vec<Got<'g>>>,
}

impl Given<'_, '_> {
    /// In which replays `look` finds something.
    fn find(&self, look: impl Fn(&Transcript, &Got<'_>) -> Option<String>) -> Happened {
        BySide::from_fn(|side| {
            let all = self.replays[side].iter().zip(&self.got[side]);
            let found = all.filter_map(|((transcript, _), got)| {
                Some((transcript.replay, look(transcript, got)?))
            });
            found.collect()
        })
    }

    /// The same of the replays that gave an outcome.
    fn find_outcome(&self, look: impl Fn(&Transcript, &Outcome) -> Option<String>) -> Happened {
        self.find(|transcript, got| match got {
            Got::Outcome(outcome) => look(transcript, outcome),
            _ => None,
        })
    }

    /// The cause, if it happened on any side. `at` is left to the caller.
    fn cause(&self, kind: CauseKind, words: &str, happened: &Happened) -> Option<Cause> {
        let never = happened.iter().all(|(_, side)| side.is_empty());
        (!never).then(|| Cause {
            at: 0,
            step: self.id.to_owned(),
            line: self.step.line,
            kind,
            name: None,
            what: sentence(words, happened, self.got),
        })
    }
}

/// The causes in a step, each kind once. `at` is left to the caller.
pub(super) fn causes(input: &CaseInput<'_>, given: Given<'_, '_>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = unanswered(given).into_iter().flatten().collect();
    let (id, step) = (given.id, given.step);
    let limit = given.find_outcome(|transcript, outcome| {
        // What a scenario says that would happen is no mishap.
        let is_limit = outcome.failure_class() == Some(FailureClass::Timeout);
        let is_expected = || step.accepts(input.at(transcript.side), FailureClass::Timeout);
        (is_limit && !is_expected()).then(|| after(transcript, id))
    });
    causes.extend(given.cause(CauseKind::TimeLimit, "ended by its time limit", &limit));
    if let Some(until) = &step.until {
        let missed = given.find_outcome(|transcript, outcome| {
            (!holds(until, outcome)).then(|| after(transcript, id))
        });
        causes.extend(given.cause(CauseKind::Until, "its `until` did not come true", &missed));
    }
    for capture in &step.capture {
        let missed = given.find_outcome(|_, outcome| capture.take(outcome).err());
        let words = format!("capture `{}` found nothing", capture.name);
        let cause = given.cause(CauseKind::Capture, &words, &missed);
        causes.extend(cause.map(|cause| Cause {
            name: Some(capture.name.clone()),
            ..cause
        }));
    }
    causes
}

/// What kept a side from giving an outcome.
fn unanswered(given: Given<'_, '_>) -> [Option<Cause>; 4] {
    let unsupported = given.find(|_, got| match got {
        Got::Unsupported(why) => Some(why.clone()),
        _ => None,
    });
    let unrecorded = given.find(|_, got| match got {
        Got::NotRecorded(why) => Some(why.clone()),
        _ => None,
    });
    let provider = given.find(|_, got| match got {
        Got::Error(Some(class), message) => Some(format!("{class}: {message}")),
        _ => None,
    });
    let harness = given.find(|_, got| match got {
        Got::Error(None, message) => Some(message.clone()),
        _ => None,
    });
    [
        given.cause(CauseKind::Unsupported, "unsupported", &unsupported),
        given.cause(CauseKind::NotRecorded, "not recorded", &unrecorded),
        given.cause(CauseKind::ProviderError, "the provider failed", &provider),
        given.cause(CauseKind::HarnessError, "the harness failed", &harness),
    ]
}

/// What each side gave, where that cannot be compared field by field.
pub(super) fn gave(replays: BySide<&Replays<'_>>, got: &BySide<Vec<Got<'_>>>) -> BySide<Vec<Gave>> {
    BySide::from_fn(|side| {
        let mut all: Vec<Gave> = Vec::new();
        for ((transcript, _), got) in replays[side].iter().zip(&got[side]) {
            let what = match got {
                Got::Outcome(outcome) => cause::Given::Outcome(outcome.clone().into_owned()),
                Got::Error(class, message) => cause::Given::Error(*class, message.clone()),
                Got::Unsupported(why) => cause::Given::Unsupported(why.clone()),
                Got::NotReached(why) => cause::Given::NotReached(why.clone()),
                Got::NotRecorded(why) => cause::Given::NotRecorded(why.clone()),
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
