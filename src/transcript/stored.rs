//! A run as read back from its journal.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use cutover_base::side::Side;
use indexmap::IndexMap;
use jiff::Timestamp;

use crate::transcript::event::{CasePlanned, RunEnded, RunStarted};
use crate::transcript::line::{JournalError, Span};
use crate::transcript::record::{StepRecord, StepResult, Transcript};
use crate::transcript::reread::reread;

/// Everything that a journal tells, without the exchanges, which are only counted.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRun {
    /// The run folder.
    pub dir: PathBuf,
    /// What the run was asked to do. Of a merged journal: the first part's, with the scenarios of
    /// all parts.
    pub started: RunStarted,
    /// When it began, UTC.
    pub started_at: Timestamp,
    /// When the last event was written, UTC.
    pub last_at: Timestamp,
    /// How it ended; `None` if it was killed.
    pub ended: Option<RunEnded>,
    /// Its journal, by a name that stays: links such as `latest` are led elsewhere by the next run.
    pub(crate) journal: PathBuf,
    /// Whether the journal says all that was planned; of a merged one, of every part. Where it does
    /// not, cases may be missing of which nobody knows.
    pub planned: bool,
    /// The planned cases, in plan order.
    pub cases: IndexMap<String, StoredCase>,
    /// Every sandbox that was asked for.
    pub sandboxes: Vec<StoredSandbox>,
    /// Exchanges, counted per side and operation, in the order they were first seen.
    pub calls: Vec<CallCount>,
    /// Artefacts in which a secret was found, at any time since.
    pub secret_in: BTreeSet<String>,
    /// Lines that made no sense and were left out: all that follow the last whole one, which a run
    /// that was killed could not finish, and for a lenient reader those before it.
    pub damaged: Vec<u64>,
}

impl StoredRun {
    /// The transcripts of a case on one side, by replay, read from the journal. Of one that is not
    /// whole, `ended` is the time of its last line and `ending` is `unverified`.
    ///
    /// # Errors
    /// When the journal is not there any more, or is another one.
    pub fn transcripts(&self, case: &str, side: Side) -> Result<Vec<Transcript>, JournalError> {
        let stored = self.cases.get(case).into_iter();
        let of_side = stored.flat_map(|case| &case.transcripts);
        let of_side = of_side.filter(move |stored| stored.side == side);
        let failed = |message: String| JournalError::Read {
            path: self.journal.clone(),
            message,
        };
        let dir = self.journal.parent().unwrap_or(Path::new("."));
        let journal = File::open(&self.journal).map_err(|error| failed(error.to_string()))?;
        of_side
            .map(|stored| reread(&journal, dir, case, &stored.lines).map_err(failed))
            .collect()
    }

    /// The sandboxes that nothing says are gone: what `reap` must look for.
    pub fn open_sandboxes(&self) -> impl Iterator<Item = &StoredSandbox> {
        self.sandboxes.iter().filter(|s| s.destroyed.is_none())
    }
}

/// A planned case and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCase {
    /// The plan.
    pub planned: CasePlanned,
    /// What the sides did, ordered by side, then replay.
    pub transcripts: Vec<StoredTranscript>,
    /// `reason` and `message`, if it was not run or not to its end.
    pub skipped: Option<(String, String)>,
    /// `verdict` and `reason` as the run judged it.
    pub verdict: Option<(String, String)>,
}

impl StoredCase {
    /// A case of which nothing has happened yet.
    pub(crate) const fn new(planned: CasePlanned) -> Self {
        Self {
            planned,
            transcripts: Vec::new(),
            skipped: None,
            verdict: None,
        }
    }

    /// Whether both sides played it, and every replay that was begun came to its end.
    pub fn is_whole(&self) -> bool {
        let played = |side| self.transcripts.iter().any(|stored| stored.side == side);
        Side::BOTH.into_iter().all(played) && self.transcripts.iter().all(|stored| stored.complete)
    }
}

/// What the journal holds of one side in one replay. The transcript itself stays on disk, or ten
/// thousand cases would not fit into memory: [`StoredRun::transcripts`] reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTranscript {
    /// Which side.
    pub side: Side,
    /// Which replay, from 1.
    pub replay: u32,
    /// Its steps in short.
    pub steps: Vec<StepFact>,
    /// Whether the side came to its end.
    pub complete: bool,
    /// Where the journal holds it.
    pub(crate) lines: Vec<Span>,
}

/// A step in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFact {
    /// Its id.
    pub step: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What kind of result it had.
    pub kind: StepKind,
}

/// What kind of result a step had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// The tool or the sandbox answered.
    Outcome,
    /// The provider did not do its work.
    ProviderError,
    /// It was not reached, and why.
    NotReached(String),
    /// Any other.
    Other,
}

impl StepFact {
    pub(crate) fn of(record: &StepRecord) -> Self {
        Self {
            step: record.step.clone(),
            duration_ms: record.duration_ms,
            kind: match &record.result {
                StepResult::Outcome(_) => StepKind::Outcome,
                StepResult::ProviderError(_) => StepKind::ProviderError,
                StepResult::NotReached(why) => StepKind::NotReached(why.clone()),
                StepResult::HarnessError(_)
                | StepResult::Unsupported(_)
                | StepResult::NotRecorded(_) => StepKind::Other,
            },
        }
    }
}

/// A sandbox that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSandbox {
    /// The case.
    pub case: Option<String>,
    /// The side.
    pub side: Option<Side>,
    /// The replay.
    pub replay: Option<u32>,
    /// The step.
    pub step: Option<String>,
    /// When it was asked for, UTC.
    pub asked: Timestamp,
    /// Provider; empty when only its creation or end was written.
    pub provider: String,
    /// Lane.
    pub lane: String,
    /// The scenario's name for it.
    pub name: String,
    /// Labels by which it can be found.
    pub labels: IndexMap<String, String>,
    /// The provider's id, once it existed.
    pub id: Option<String>,
    /// How it went away, if it did.
    pub destroyed: Option<String>,
    /// Why it could not be destroyed, if it was tried in vain.
    pub leaked: Option<String>,
}

/// Exchanges of one operation on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallCount {
    /// The side; `None` for exchanges outside any case.
    pub side: Option<Side>,
    /// The driver's operation, e.g. `create`, `execute`.
    pub operation: String,
    /// First tries.
    pub calls: u64,
    /// First tries without a usable answer, or answered 429 or 5xx.
    pub first_attempt_failures: u64,
    /// Further tries.
    pub retries: u64,
}
