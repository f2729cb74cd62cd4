//! Events back to a run: the state that grows while the lines are read.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use cutover_base::side::Side;
use indexmap::IndexMap;
use indexmap::map::Entry;
use jiff::Timestamp;

use crate::transcript::event::{CasePlanned, Event, EventKind, RunEnded, RunStarted};
use crate::transcript::exchange::Exchange;
use crate::transcript::folder::JOURNAL_FILE;
use crate::transcript::line::Span;
use crate::transcript::store::{RestoreError, restore_step};
use crate::transcript::stored::{
    CallCount, StepFact, StoredCase, StoredRun, StoredSandbox, StoredTranscript,
};

/// What has been read so far.
pub(crate) struct Rebuild {
    dir: PathBuf,
    started: Option<(RunStarted, Timestamp)>,
    last_at: Timestamp,
    parts: Vec<Part>,
    cases: IndexMap<String, StoredCase>,
    sandboxes: Vec<StoredSandbox>,
    calls: IndexMap<(Option<Side>, String), CallCount>,
    secret_in: BTreeSet<String>,
    damaged: Vec<u64>,
}

impl Rebuild {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            started: None,
            last_at: Timestamp::MIN,
            parts: Vec::new(),
            cases: IndexMap::new(),
            sandboxes: Vec::new(),
            calls: IndexMap::new(),
            secret_in: BTreeSet::new(),
            damaged: Vec::new(),
        }
    }

    /// Notes a line that was left out.
    pub(crate) fn damaged(&mut self, line: u64) {
        self.damaged.push(line);
    }

    /// Takes an event. Those of a case that was never planned are left out: nothing can be judged
    /// of them, and their sandboxes are kept apart from the cases.
    pub(crate) fn take(&mut self, event: Event, line: Span) -> Result<(), RestoreError> {
        // Whoever looks at a run later does not lengthen it.
        if !matches!(event.event, EventKind::SecretFound { .. }) {
            self.last_at = self.last_at.max(event.at);
        }
        let Event {
            at,
            case,
            side,
            replay,
            step,
            event,
            ..
        } = event;
        let place = Place {
            case,
            side,
            replay,
            step,
            at,
        };
        match event {
            EventKind::RunStarted(started) => self.run_started(*started, at),
            EventKind::RunEnded(ended) => self.run_ended(*ended),
            EventKind::RunPlanned { cases } => {
                if let Some(part) = self.parts.last_mut() {
                    part.planned = true;
                }
                for case in cases {
                    self.plan(case.id, case.planned);
                }
            }
            EventKind::SecretFound { files } => {
                self.secret_in.extend(files);
            }
            EventKind::CasePlanned(planned) => self.plan(place.case.unwrap_or_default(), planned),
            EventKind::CaseSkipped { reason, message } => {
                if let Some(case) = self.case(&place) {
                    case.skipped = Some((reason, message));
                }
            }
            EventKind::CaseVerdict { verdict, reason } => {
                if let Some(case) = self.case(&place) {
                    case.verdict = Some((verdict, reason));
                }
            }
            EventKind::Step(stored) => {
                let record = restore_step(
                    place.step.as_deref().unwrap_or_default(),
                    *stored,
                    &self.dir,
                )?;
                if let Some(stored) = self.transcript(&place) {
                    stored.steps.push(StepFact::of(&record));
                    stored.lines.push(line);
                }
            }
            EventKind::SideEnded { .. } => {
                if let Some(stored) = self.transcript(&place) {
                    stored.lines.push(line);
                    stored.complete = true;
                }
            }
            EventKind::Exchange(exchange) => self.count(side, *exchange),
            sandbox => self.sandbox(&place, sandbox),
        }
        Ok(())
    }

    /// The run, if its start was among the events.
    pub(crate) fn finish(mut self) -> Option<StoredRun> {
        let (started, started_at) = self.started?;
        for case in self.cases.values_mut() {
            case.transcripts
                .sort_by_key(|stored| (stored.side, stored.replay));
        }
        let journal = self.dir.join(JOURNAL_FILE);
        Some(StoredRun {
            journal: journal.canonicalize().unwrap_or(journal),
            dir: self.dir,
            started,
            started_at,
            last_at: self.last_at,
            ended: ended(&self.parts),
            planned: planned(&self.parts),
            cases: self.cases,
            sandboxes: self.sandboxes,
            calls: self.calls.into_values().collect(),
            secret_in: self.secret_in,
            damaged: self.damaged,
        })
    }

    /// Planned again means run anew: an interrupted run was resumed.
    fn plan(&mut self, case: String, planned: CasePlanned) {
        self.cases.insert(case, StoredCase::new(planned));
    }

    fn run_started(&mut self, started: RunStarted, at: Timestamp) {
        let before = self.parts.last().filter(|part| part.run == started.run);
        self.parts.push(Part {
            // A resumption goes on with the plan that is there.
            planned: before.is_some_and(|part| part.planned),
            run: started.run.clone(),
            ended: None,
        });
        let Some((first, _)) = &mut self.started else {
            self.started = Some((started, at));
            return;
        };
        let known: HashSet<String> = first.scenarios.iter().map(|s| s.name.clone()).collect();
        let more = started.scenarios.into_iter();
        first
            .scenarios
            .extend(more.filter(|scenario| !known.contains(&scenario.name)));
    }

    fn run_ended(&mut self, ended: RunEnded) {
        if let Some(part) = self.parts.last_mut() {
            part.ended = Some(ended);
        }
    }

    fn case(&mut self, place: &Place) -> Option<&mut StoredCase> {
        self.cases.get_mut(place.case.as_deref()?)
    }

    fn transcript(&mut self, place: &Place) -> Option<&mut StoredTranscript> {
        let (side, replay) = (place.side?, place.replay.unwrap_or(1));
        let transcripts = &mut self.case(place)?.transcripts;
        let found = transcripts
            .iter()
            .position(|stored| stored.side == side && stored.replay == replay);
        let index = found.unwrap_or_else(|| {
            transcripts.push(StoredTranscript {
                side,
                replay,
                steps: Vec::new(),
                complete: false,
                lines: Vec::new(),
            });
            transcripts.len() - 1
        });
        transcripts.get_mut(index)
    }

    fn count(&mut self, side: Option<Side>, exchange: Exchange) {
        let failed = exchange.is_failure();
        let count = match self.calls.entry((side, exchange.operation)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let operation = entry.key().1.clone();
                entry.insert(CallCount {
                    side,
                    operation,
                    calls: 0,
                    first_attempt_failures: 0,
                    retries: 0,
                })
            }
        };
        if exchange.attempt > 1 {
            count.retries += 1;
        } else {
            count.calls += 1;
            count.first_attempt_failures += u64::from(failed);
        }
    }

    fn sandbox(&mut self, place: &Place, event: EventKind) {
        match event {
            EventKind::CreateIntent {
                provider,
                lane,
                name,
                labels,
            } => self.sandboxes.push(StoredSandbox {
                provider,
                lane,
                name,
                labels,
                ..place.sandbox()
            }),
            EventKind::Created { sandbox } => {
                let index = self.intent(place);
                self.sandboxes[index].id = Some(sandbox);
            }
            EventKind::Destroyed { sandbox, how } => {
                let index = self.known(place, sandbox);
                self.sandboxes[index].destroyed = Some(how);
            }
            EventKind::Leaked { sandbox, why } => {
                let index = self.known(place, sandbox);
                self.sandboxes[index].leaked = Some(why);
            }
            _ => {}
        }
    }

    /// The intent that a creation answers: of the same step if there is one (parallel steps make
    /// sandboxes at once), else the oldest unanswered one of the same case, side and replay.
    fn intent(&mut self, place: &Place) -> usize {
        let open = |sandbox: &StoredSandbox| sandbox.id.is_none() && place.is_side_of(sandbox);
        let of_step = |s: &StoredSandbox| open(s) && s.step == place.step;
        let found = self.sandboxes.iter().position(of_step);
        found
            .or_else(|| self.sandboxes.iter().position(open))
            .unwrap_or_else(|| self.add(place.sandbox()))
    }

    /// The newest sandbox with an id; without an id the oldest unanswered intent. A sandbox never
    /// asked for in this journal (adopted from a deployed stack) is added.
    fn known(&mut self, place: &Place, id: String) -> usize {
        if id.is_empty() {
            return self.intent(place);
        }
        let matches = |s: &StoredSandbox| {
            s.id.as_deref() == Some(id.as_str()) && (place.side.is_none() || s.side == place.side)
        };
        let found = self.sandboxes.iter().rposition(matches);
        found.unwrap_or_else(|| {
            self.add(StoredSandbox {
                id: Some(id),
                ..place.sandbox()
            })
        })
    }

    fn add(&mut self, sandbox: StoredSandbox) -> usize {
        self.sandboxes.push(sandbox);
        self.sandboxes.len() - 1
    }
}

/// One stretch of the journal: a run, the resumption of one, or one of several merged runs.
struct Part {
    run: String,
    planned: bool,
    ended: Option<RunEnded>,
}

/// Whether every run says all that it planned.
fn planned(parts: &[Part]) -> bool {
    let goes_on = |index: usize| {
        let next = parts.get(index + 1);
        next.is_some_and(|next| next.run == parts[index].run)
    };
    let mut last_of_each = (0..parts.len()).filter(|index| !goes_on(*index));
    last_of_each.all(|index| parts[index].planned)
}

/// How the whole ended. A resumption takes the place of the stretch that it goes on from; of merged
/// runs each must have come to its end.
fn ended(parts: &[Part]) -> Option<RunEnded> {
    let mut whole: Option<RunEnded> = None;
    for (index, part) in parts.iter().enumerate() {
        let is_resumed = parts
            .get(index + 1)
            .is_some_and(|next| next.run == part.run);
        let Some(ended) = &part.ended else {
            if is_resumed {
                continue;
            }
            return None;
        };
        let (interrupted, stopped) = if is_resumed {
            (None, None)
        } else {
            (ended.interrupted.clone(), ended.stopped.clone())
        };
        let whole = whole.get_or_insert_default();
        whole.interrupted = whole.interrupted.take().or(interrupted);
        whole.stopped = whole.stopped.take().or(stopped);
        whole.created += ended.created;
        whole.destroyed += ended.destroyed;
    }
    whole
}

/// The envelope of an event.
struct Place {
    case: Option<String>,
    side: Option<Side>,
    replay: Option<u32>,
    step: Option<String>,
    at: Timestamp,
}

impl Place {
    fn is_side_of(&self, sandbox: &StoredSandbox) -> bool {
        sandbox.case == self.case && sandbox.side == self.side && sandbox.replay == self.replay
    }

    fn sandbox(&self) -> StoredSandbox {
        StoredSandbox {
            case: self.case.clone(),
            side: self.side,
            replay: self.replay,
            step: self.step.clone(),
            asked: self.at,
            provider: String::new(),
            lane: String::new(),
            name: String::new(),
            labels: IndexMap::new(),
            id: None,
            destroyed: None,
            leaked: None,
        }
    }
}
