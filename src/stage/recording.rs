//! A side that is an earlier run: its transcripts stand for calls that are not made.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use cutover_base::blob::sha256_hex;
use cutover_base::side::Side;

use crate::call::{Provider, Stack};
use crate::plan::Case;
use crate::run::{RecordedSide, Tried, is_unfinished, read_stored, unmet};
use crate::scenario::model::{Action, Scenario, Step};
use crate::scenario::{PlayedAt, Problem, parse_one};
use crate::transcript::event::{StoredRecording, StoredSubject};
use crate::transcript::{
    Ending, JournalError, StepRecord, StepResult, StoredRun, Transcript, read_journal,
};

/// Why a run cannot stand for a side.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// Its journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Neither side of it, or not the one that was named, has the provider.
    #[error("the run in `{}` recorded {found}; {wanted} was asked for", path.display())]
    Provider {
        /// The run's folder.
        path: PathBuf,
        /// What its sides are.
        found: String,
        /// What was wanted.
        wanted: String,
    },
    /// Both sides have the provider.
    #[error("both sides of the run in `{}` are {provider}; write `{}#source` or `{}#target`", path.display(), path.display(), path.display())]
    Ambiguous {
        /// The run's folder.
        path: PathBuf,
        /// The provider.
        provider: Provider,
    },
}

/// One side of an earlier run.
#[derive(Debug)]
pub struct Recording {
    run: StoredRun,
    side: Side,
    subject: StoredSubject,
}

impl Recording {
    /// Reads the run `path`, which may end in `#source` or `#target`, and takes the side with this
    /// provider.
    ///
    /// # Errors
    /// When there is no such run, or not exactly one such side.
    pub fn open(path: &Path, provider: Provider) -> Result<Self, RecordingError> {
        let (folder, named) = split(path);
        let run = read_journal(&folder)?;
        let side = pick(&run, provider, named, folder)?;
        let was = &run.started.subjects[side];
        let recorded = was.recorded.clone().unwrap_or_else(|| StoredRecording {
            run: run.started.run.clone(),
            lane: was.lane.clone(),
            started: run.started_at,
        });
        let subject = StoredSubject {
            lane: format!("recording={}", path.display()),
            recorded: Some(recorded),
            ..was.clone()
        };
        Ok(Self { run, side, subject })
    }

    /// Who the side is now: what was recorded, on lane `recording=PATH`.
    pub const fn subject(&self) -> &StoredSubject {
        &self.subject
    }

    /// The recording's own stack.
    pub fn stack(&self) -> Stack {
        self.subject.stack.parse().unwrap_or_default()
    }

    fn nothing(&self, case: &Case, side: Side, steps: &[(String, &Step)], why: &str) -> Transcript {
        let at = self.run.started_at;
        let record = |(id, _): &(String, &Step)| not_recorded(id, at, why);
        Transcript {
            case: case.id.clone(),
            side,
            replay: 1,
            started: at,
            ended: at,
            steps: steps.iter().map(record).collect(),
            literals: Vec::new(),
            ending: Ending::Clean,
        }
    }
}

impl RecordedSide for Recording {
    /// A call whose text has changed, and every one after it, is not recorded: it would have met
    /// another sandbox.
    fn transcripts(&self, case: &Case, side: Side) -> Vec<Transcript> {
        let kept = kept(&case.scenario);
        let steps = flat(&kept);
        let whole = self.run.cases.get(&case.id).filter(|c| !is_unfinished(c));
        let stored = self.run.started.scenarios.iter();
        let stored = stored.rev().find(|it| it.name == case.scenario.name);
        let (Some(_), Some(stored)) = (whole, stored) else {
            let why = format!("{} did not run it to its end", self.run.started.run);
            return vec![self.nothing(case, side, &steps, &why)];
        };
        // Read when it is needed: a run may have recorded many more than are compared with it.
        let then = match read_stored(stored) {
            Ok(then) => then,
            Err(problems) => {
                let why = unreadable(&self.run.started.run, &problems);
                return vec![self.nothing(case, side, &steps, &why)];
            }
        };
        let changed = first_change(&then.steps, &kept);
        let recorded = match self.run.transcripts(&case.id, self.side) {
            Ok(recorded) => recorded,
            Err(error) => return vec![self.nothing(case, side, &steps, &error.to_string())],
        };
        let at = PlayedAt {
            surface: case.surface,
            side,
            with_platform: self.stack().has_platform(),
        };
        let replays: Vec<Transcript> = recorded
            .into_iter()
            .map(|recorded| {
                let records = |(id, step): &(String, &Step)| {
                    record(&recorded, id, step, (case, at), changed.as_deref())
                };
                Transcript {
                    side,
                    steps: steps.iter().map(records).collect(),
                    ..recorded.clone()
                }
            })
            .collect();
        if replays.is_empty() {
            let why = format!("{} did not run it", self.run.started.run);
            return vec![self.nothing(case, side, &steps, &why)];
        }
        replays
    }
}

/// The steps as a journal keeps them: what they send may hold a secret that the scenario's text does
/// not have any more.
fn kept(scenario: &Scenario) -> Cow<'_, [Step]> {
    if sha256_hex(scenario.text.as_bytes()) == scenario.sha256 {
        return Cow::Borrowed(&scenario.steps);
    }
    match parse_one(&scenario.name, &scenario.file, &scenario.text) {
        Ok(read) => Cow::Owned(read.steps),
        Err(_) => Cow::Borrowed(&scenario.steps),
    }
}

/// What a scenario is told as that another version of cutover has recorded.
fn unreadable(run: &str, problems: &[Problem]) -> String {
    let first = problems.iter().find(|problem| !problem.is_note);
    let why = first.map_or("", |problem| problem.message.as_str());
    format!("this version cannot read the scenario that {run} recorded: {why}")
}

/// The folder, and the side that was named behind `#`.
fn split(path: &Path) -> (PathBuf, Option<Side>) {
    let text = path.to_string_lossy();
    for side in Side::BOTH {
        if let Some(folder) = text.strip_suffix(&format!("#{side}")) {
            return (PathBuf::from(folder), Some(side));
        }
    }
    (path.to_owned(), None)
}

fn pick(
    run: &StoredRun,
    provider: Provider,
    named: Option<Side>,
    path: PathBuf,
) -> Result<Side, RecordingError> {
    let subjects = &run.started.subjects;
    let has = |side: &Side| subjects[*side].provider == provider.name();
    let fitting: Vec<Side> = Side::BOTH
        .into_iter()
        .filter(|side| named.is_none_or(|named| named == *side))
        .filter(has)
        .collect();
    match fitting.as_slice() {
        [side] => Ok(*side),
        [] => Err(RecordingError::Provider {
            found: format!(
                "{} as source and {} as target",
                subjects.source.provider, subjects.target.provider
            ),
            wanted: match named {
                Some(side) => format!("{provider} as {side}"),
                None => provider.to_string(),
            },
            path,
        }),
        _ => Err(RecordingError::Ambiguous { path, provider }),
    }
}

/// Steps and their ids in transcripts, children behind their parent.
fn flat(steps: &[Step]) -> Vec<(String, &Step)> {
    let mut all = Vec::new();
    for step in steps {
        all.push((step.id.clone(), step));
        if let Action::Parallel(children) = &step.action {
            all.extend(children.iter().map(|child| (child.id.clone(), child)));
        }
    }
    all
}

/// The first step of `now` that asks something else than was asked then; all steps if ids moved.
fn first_change(then: &[Step], now: &[Step]) -> Option<String> {
    let (then, now) = (flat(then), flat(now));
    let changed = now.iter().enumerate().find(|(index, (id, step))| {
        then.get(*index)
            .is_none_or(|(old, before)| old != id || !same_call(before, step))
    });
    changed.map(|(_, (id, _))| id.clone())
}

/// Whether two steps send the same. What they expect and compare is looked at anew.
fn same_call(a: &Step, b: &Step) -> bool {
    let same_action = match (&a.action, &b.action) {
        // Its children are looked at one by one.
        (Action::Parallel(a), Action::Parallel(b)) => a.len() == b.len(),
        // Actions hold what is sent and no place in a file, so their text is their identity.
        (a, b) => format!("{a:?}") == format!("{b:?}"),
    };
    // What is kept of an answer is sent by later steps; how long is repeated decides which answer.
    let text = |step: &Step| format!("{:?} {:?}", step.capture, step.until);
    same_action && a.defer == b.defer && text(a) == text(b)
}

fn record(
    then: &Transcript,
    id: &str,
    step: &Step,
    (case, at): (&Case, PlayedAt),
    changed: Option<&str>,
) -> StepRecord {
    let steps = flat(&case.scenario.steps);
    let place = |wanted: &str| steps.iter().position(|(id, _)| id == wanted);
    let is_after = changed.is_some_and(|changed| place(id) >= place(changed));
    if is_after {
        let why = "the scenario asks something else since";
        return not_recorded(id, then.started, why);
    }
    match then.steps.iter().find(|record| record.step == id) {
        Some(record) => {
            let tried = Tried {
                attempts: record.attempts,
                waited: std::time::Duration::from_millis(record.duration_ms),
            };
            StepRecord {
                unmet: unmet(step, at, &record.result, tried),
                ..record.clone()
            }
        }
        None => not_recorded(id, then.started, "nothing was recorded of it"),
    }
}

fn not_recorded(id: &str, at: jiff::Timestamp, why: &str) -> StepRecord {
    StepRecord {
        step: id.to_owned(),
        started: at,
        duration_ms: 0,
        attempts: 0,
        result: StepResult::NotRecorded(why.to_owned()),
        unmet: Vec::new(),
    }
}
