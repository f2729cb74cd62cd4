//! How a run is to go.

use std::sync::Arc;
use std::time::Duration;

use cutover_base::by_side::BySide;
use cutover_base::clock::Clock;

use crate::compare::verdict::Verdict;

/// How long a call is waited for where nothing else is said. No provider's own limit is longer
/// unless a step asks for it, so that what is given up hangs.
pub const GUARD_DEFAULT: Duration = Duration::from_secs(600);

/// Settings of a run, all checked.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// The run's id; every sandbox is labelled `cutover-run=ID`.
    pub id: String,
    /// Time.
    pub clock: Clock,
    /// Jobs at once; a job is one case on one side in one replay.
    pub jobs: usize,
    /// Replays per side.
    pub replays: Replays,
    /// Seed of the start order of the sides.
    pub seed: u64,
    /// Time from the end of one side to the beginning of the other, and to the next replay; without
    /// it both sides begin at once.
    pub gap: Duration,
    /// Stop after this many cases with new divergences or failed expectations.
    pub fail_fast: Option<u32>,
    /// Bounds on each side.
    pub bounds: BySide<SideBounds>,
    /// Whether both sides use one account, whose bounds are then the source's.
    pub one_account: bool,
    /// Sandboxes in all.
    pub sandboxes_total: Option<u64>,
    /// How long the run may take.
    pub minutes_max: Option<Duration>,
    /// How long a call is waited for that names no guard of its own.
    pub guard: Duration,
    /// Each side's lane, as the journal writes it.
    pub lanes: BySide<String>,
    /// Each side's provider, as the journal writes it.
    pub providers: BySide<String>,
}

/// The time between the two sides of a case. Whatever shows the time in whole seconds (the id of a
/// commit, the times of files) would otherwise agree by luck whenever both sides came in one second.
pub const SIDES_GAP: Duration = Duration::from_millis(1100);

/// What a run may ask of a side's account; `None` is no bound but the jobs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SideBounds {
    /// Sandboxes at once.
    pub at_once: Option<usize>,
    /// Sandboxes asked for in a second.
    pub per_second: Option<f64>,
    /// Sandboxes in all.
    pub in_all: Option<u64>,
}

/// How often each side plays a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replays {
    /// Once; more where a difference is not explained or a side seems unstable.
    Auto,
    /// This often.
    Fixed(u32),
}

impl std::fmt::Display for Replays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Fixed(count) => write!(f, "{count}"),
        }
    }
}

/// Takes live progress; the report is made from the journal, not from this.
pub type Progress = Arc<dyn Fn(ProgressEvent) + Send + Sync>;

/// What has just happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgressEvent {
    /// A case begins.
    Started {
        /// The case.
        case: String,
    },
    /// A case was judged.
    Judged {
        /// The case.
        case: String,
        /// The verdict.
        verdict: Verdict,
        /// Why, in a sentence.
        reason: String,
    },
}
