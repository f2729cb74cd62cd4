//! What is compared with what: the facts by which ledger shapes are in scope.

use cutover_base::by_side::BySide;
use jiff::Timestamp;

use crate::call::{Provider, Stack};

/// How a side was reached, as far as the answers care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneFact {
    /// A local server.
    Standin,
    /// The real cloud.
    Live,
    /// A recording of the real cloud, taken at this time.
    RecordingOfLive(Timestamp),
    /// A recording of a stand-in.
    RecordingOfStandin,
}

impl LaneFact {
    /// The word in `when: {lane: [...]}`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standin => "standin",
            Self::Live => "live",
            Self::RecordingOfLive(_) | Self::RecordingOfStandin => "recording",
        }
    }
}

/// One side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The provider.
    pub provider: Provider,
    /// How it was reached.
    pub lane: LaneFact,
    /// The stack; narrows the ledger also at surface provider.
    pub stack: Stack,
    /// Version of its daemon, or of its control plane when the daemon says none.
    pub version: Option<String>,
}

/// Both sides and what the run had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    /// Both sides.
    pub sides: BySide<Subject>,
    /// The engine of the stand-ins, if any took part.
    pub engine: Option<String>,
    /// Capabilities of the run: `root`, `python3`, ...
    pub capabilities: Vec<String>,
}

impl Subjects {
    /// A stand-in against the cloud it stands for: what differs is the stand-in's mistake.
    pub fn is_fidelity(&self) -> bool {
        let live =
            |side: &Subject| matches!(side.lane, LaneFact::Live | LaneFact::RecordingOfLive(_));
        let BySide { source, target } = &self.sides;
        source.provider == target.provider && live(source) != live(target)
    }
}
