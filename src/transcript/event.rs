//! Events of the journal `events.ndjson`, format `cutover.journal/1`.
//!
//! These are stored types of their own: inner types do not derive their form on disk from the
//! code's convenience. Readers skip events they do not know; new keys are added with defaults.

use cutover_base::by_side::BySide;
use cutover_base::side::Side;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::transcript::exchange::Exchange;
use crate::transcript::record::{Ending, KnownLiteral, UnmetExpectation};
pub use crate::transcript::selection::{StoredPlace, StoredSelection, StoredSince};

/// The format line of a journal.
pub const JOURNAL_FORMAT: &str = "cutover.journal/1";

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Number of the line in this run, from 1.
    pub seq: u64,
    /// When, UTC.
    pub at: Timestamp,
    /// The case, where it applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The side, where it applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// The replay, where it applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<u32>,
    /// The step, where it applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What happened.
    pub event: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The run began. The first event after the format line.
    RunStarted(Box<RunStarted>),
    /// All that will be run, in one line; written and synced before anything is created. Of a run
    /// that is resumed: what is left of it, which then runs anew.
    RunPlanned {
        /// The cases, by id.
        cases: Vec<PlannedCase>,
    },
    /// A case will be run. Journals without [`EventKind::RunPlanned`] have one of these for each
    /// case, so that nobody can say of a journal that was cut whether all are there.
    CasePlanned(CasePlanned),
    /// A sandbox is about to be asked for; written before the request.
    CreateIntent {
        /// Provider.
        provider: String,
        /// Lane.
        lane: String,
        /// The scenario's name for it.
        name: String,
        /// Labels by which `reap` finds it.
        labels: IndexMap<String, String>,
    },
    /// The sandbox exists.
    Created {
        /// The provider's id.
        sandbox: String,
    },
    /// The sandbox is gone.
    Destroyed {
        /// The provider's id.
        sandbox: String,
        /// `terminated` by the scenario, `cleanup`, `gone` before, `stand-in closed`.
        how: String,
    },
    /// The sandbox could not be destroyed.
    Leaked {
        /// The provider's id, if one is known.
        sandbox: String,
        /// Why.
        why: String,
    },
    /// An HTTP exchange.
    Exchange(Box<Exchange>),
    /// What a step gave.
    Step(Box<StoredStep>),
    /// A case ended on one side in one replay.
    SideEnded {
        /// When it began.
        started: Timestamp,
        /// When it ended, where that is not when it was written: a recorded side ended long ago.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<Timestamp>,
        /// How it was left.
        ending: Ending,
        /// Literals the harness was given.
        literals: Vec<KnownLiteral>,
    },
    /// A case was not run, or not to its end, and why.
    CaseSkipped {
        /// `unsupported`, `fail_fast`, `cap`, `interrupted`.
        reason: String,
        /// In a sentence.
        message: String,
    },
    /// The verdict on a case, as it was when the run judged it.
    CaseVerdict {
        /// The word.
        verdict: String,
        /// Why, in a sentence.
        reason: String,
    },
    /// Secrets were found in artefacts of the run, which were withheld. Written by whoever found
    /// them, after the run's end as well.
    SecretFound {
        /// The artefacts, within the run's folder.
        files: Vec<String>,
    },
    /// The run ended.
    RunEnded(Box<RunEnded>),
}

/// What the run was asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// The run's id, which is its folder's name.
    pub run: String,
    /// Version of cutover.
    pub version: String,
    /// Arguments, redacted.
    pub args: Vec<String>,
    /// The seed of the start order.
    pub seed: u64,
    /// `auto` or a number.
    pub replays: String,
    /// The engine of the stand-ins, if any took part.
    pub engine: Option<String>,
    /// Things a scenario may require and that are there: `root`, `python3`, `clock`, ...
    pub capabilities: Vec<String>,
    /// Who is compared, written as `source` and `target`.
    #[serde(flatten)]
    pub subjects: BySide<StoredSubject>,
    /// Every selected scenario.
    pub scenarios: Vec<StoredScenario>,
    /// The ledger files, in the order in which later ones override.
    pub ledger: Vec<StoredFile>,
    /// What no run shows, if there is a file that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_reproduced: Option<StoredFile>,
    /// Quirks of which scenarios of the folder check parity that are replayed on request only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_request: Vec<String>,
    /// The profile, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<StoredFile>,
    /// Fingerprints that the run of `--since` had, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<StoredSince>,
    /// Ledger entries that name no step on disk, with why: they are stale whatever is run.
    #[serde(default)]
    pub orphans: Vec<(String, String)>,
    /// Whether this is one shard of a run: shards do not judge staleness.
    #[serde(default)]
    pub sharded: bool,
    /// Which shard, e.g. `2/4`: a merge wants every one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// What was selected of the cases there are; journals of earlier versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<StoredSelection>,
    /// Fields of noise that are allowed.
    #[serde(default)]
    pub noise_limit: u32,
    /// Whether fields that agree only without parts which are new in every replay count as noise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub volatile_refused: bool,
    /// Faults that were rehearsed, as given.
    #[serde(default)]
    pub faults: Vec<String>,
}

/// A side as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSubject {
    /// `e2b` or `daytona`.
    pub provider: String,
    /// `standin`, `live`, `recording=PATH`.
    pub lane: String,
    /// The stack.
    pub stack: String,
    /// Base URL of the control plane, or what a stand-in says instead.
    #[serde(default)]
    pub endpoint: String,
    /// Version of the control plane, if it says one.
    #[serde(default)]
    pub api: Option<String>,
    /// Version of the daemon in the sandbox, if it says one.
    #[serde(default)]
    pub daemon: Option<String>,
    /// Template, snapshot or profile.
    #[serde(default)]
    pub image: Option<String>,
    /// Region.
    #[serde(default)]
    pub region: Option<String>,
    /// What was recorded, on lane `recording=PATH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<StoredRecording>,
}

/// Where a recording comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRecording {
    /// The run that was recorded.
    pub run: String,
    /// The lane that was recorded: `live` or `standin`.
    pub lane: String,
    /// When that run began, UTC.
    pub started: Timestamp,
}

impl StoredSubject {
    /// The side as it is written on the command line.
    pub fn spec(&self) -> String {
        // After `recording=` everything is the path.
        if self.lane.starts_with("recording=") {
            return format!("{}@{}", self.provider, self.lane);
        }
        format!("{}@{}/{}", self.provider, self.lane, self.stack)
    }
}

/// A scenario as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredScenario {
    /// Its name.
    pub name: String,
    /// Its file, as shown to the user.
    pub file: String,
    /// SHA-256 of the text.
    pub sha256: String,
    /// The text.
    pub text: String,
}

/// A file as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Its name, as shown to the user.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Of a ledger: whether only what is about many steps counts, because the scenarios that it
    /// names are not those of the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wide_only: bool,
}

/// A case of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedCase {
    /// Its id.
    pub id: String,
    /// What it is.
    #[serde(flatten)]
    pub planned: CasePlanned,
}

/// A planned case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CasePlanned {
    /// The scenario's name.
    pub scenario: String,
    /// `mcp`, `platform` or `provider`.
    pub surface: String,
    /// The matrix point.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub point: IndexMap<String, Value>,
    /// Whether it must be judged.
    pub required: bool,
}

/// What a step gave, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredStep {
    /// When it began.
    pub started: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// Attempts of an `until`.
    pub attempts: u32,
    /// The result.
    pub result: StoredResult,
    /// Expectations that did not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<UnmetExpectation>,
}

/// The result of a step, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredResult {
    /// The fields.
    Outcome(IndexMap<String, StoredValue>),
    /// The provider did not do its work.
    ProviderError {
        /// Class of failure.
        class: String,
        /// Its words.
        message: String,
    },
    /// The harness did not do its work.
    HarnessError(String),
    /// The side has no such thing.
    Unsupported(String),
    /// Not reached.
    NotReached(String),
    /// Not in the recording.
    NotRecorded(String),
}

/// A field's value, as it is stored: exactly one of `json`, `text`, `base64`, `blob`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredValue {
    /// A JSON value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// Bytes that are UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Bytes that are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// SHA-256 of bytes that lie in `blobs/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// Length of the bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// How the run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnded {
    /// The signal that interrupted it, e.g. `INT`.
    pub interrupted: Option<String>,
    /// A cap or breaker that stopped it, in a sentence.
    pub stopped: Option<String>,
    /// Sandboxes made.
    pub created: u64,
    /// Sandboxes destroyed.
    pub destroyed: u64,
}
