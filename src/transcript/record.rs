//! The outcomes of one case on one side in one replay.

use cutover_base::side::Side;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::{Failure, Outcome};

/// Everything one side did in one replay of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The case, e.g. `provider/execute/nonzero-exit`.
    pub case: String,
    /// Which side.
    pub side: Side,
    /// Which replay, from 1.
    pub replay: u32,
    /// When it began, UTC.
    pub started: Timestamp,
    /// When it ended, UTC.
    pub ended: Timestamp,
    /// What each step gave, in the order of the scenario (parallel children after their parent,
    /// as `PARENT/ID`).
    pub steps: Vec<StepRecord>,
    /// Literals that the harness was given and that differ between any two runs.
    pub literals: Vec<KnownLiteral>,
    /// How the side was left.
    pub ending: Ending,
}

/// How the harness's own guard begins its words on a call that did not end in time.
pub const STILL_RUNNING: &str = "still running after ";

/// What one step gave.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    /// The step's id.
    pub step: String,
    /// When it began, UTC.
    pub started: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Attempts of an `until`; 1 otherwise.
    pub attempts: u32,
    /// The result.
    pub result: StepResult,
    /// `expect` entries that did not hold: line in the file and what was found instead.
    pub unmet: Vec<UnmetExpectation>,
}

/// An expectation that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmetExpectation {
    /// Line of the matcher in the scenario file.
    pub line: usize,
    /// The path it looks at.
    pub path: String,
    /// What was wanted and what was found, one line, redacted and cut.
    pub message: String,
}

/// The three things that never mix, and what is aside.
#[derive(Debug, Clone, PartialEq)]
pub enum StepResult {
    /// The tool or the sandbox answered; failures of outcome classes included.
    Outcome(Outcome),
    /// The provider did not do its work.
    ProviderError(Failure),
    /// The harness did not do its work.
    HarnessError(String),
    /// The side's provider has no such thing.
    Unsupported(String),
    /// An earlier step's failure made this one impossible.
    NotReached(String),
    /// The recording that stands for the side does not have this call.
    NotRecorded(String),
}

/// A literal the harness was given, and what kind of thing it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownLiteral {
    /// `sandbox`, `session`, `artifact`, `url`, `pid`, `run`.
    pub kind: String,
    /// The value.
    pub value: String,
}

/// How a side was left after a case.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// All that was made was destroyed.
    Clean,
    /// It could not be seen whether all was destroyed.
    Unverified,
    /// Something could not be destroyed.
    Leaked,
}
