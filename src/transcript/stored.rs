//! A run as read back from its journal.

use std::path::PathBuf;

use cutover_base::side::Side;
use indexmap::IndexMap;
use jiff::Timestamp;

use crate::transcript::event::{CasePlanned, RunEnded, RunStarted};
use crate::transcript::record::Transcript;

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
    /// The planned cases, in plan order.
    pub cases: IndexMap<String, StoredCase>,
    /// Every sandbox that was asked for.
    pub sandboxes: Vec<StoredSandbox>,
    /// Exchanges, counted per side and operation, in the order they were first seen.
    pub calls: Vec<CallCount>,
    /// Lines that made no sense and were left out; only a lenient reader has any.
    pub damaged: Vec<u64>,
}

impl StoredRun {
    /// The transcripts of a case on one side, by replay.
    pub fn transcripts(&self, case: &str, side: Side) -> impl Iterator<Item = &StoredTranscript> {
        self.cases
            .get(case)
            .into_iter()
            .flat_map(|case| &case.transcripts)
            .filter(move |stored| stored.transcript.side == side)
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

/// A transcript and whether it is whole.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTranscript {
    /// What was written of it. Of one that is not whole, `ended` is the time of the last event and
    /// `ending` is `unverified`.
    pub transcript: Transcript,
    /// Whether the side came to its end.
    pub complete: bool,
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
