//! What happened to the run as a whole.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::compare::measured::Measured;
use crate::compare::profile::Profile;
use crate::compare::subjects::Subjects;
use crate::transcript::event::{StoredSelection, StoredSince};

/// Facts that no case knows.
#[derive(Debug, Clone)]
pub struct RunFacts {
    /// Who the sides are.
    pub subjects: Subjects,
    /// When the conclusion is drawn, UTC: entries expire and recordings age by it.
    pub now: Timestamp,
    /// Cases that were planned; fewer judged cases than this is an unjudged run.
    pub planned: usize,
    /// The signal that interrupted the run: 1, 2 or 15.
    pub interrupted: Option<i32>,
    /// A cap or breaker that stopped it, in a sentence.
    pub stopped: Option<String>,
    /// Fields of noise that are allowed.
    pub noise_limit: u32,
    /// Whether fields that agree only without parts which are new in every replay count as noise.
    pub volatile_refused: bool,
    /// Sandboxes that could not be destroyed.
    pub leaked: usize,
    /// Whether a secret was found in an artefact.
    pub secret_found: bool,
    /// The run of `--since`: its id, and its fingerprints with the time each was first seen.
    pub since: Option<StoredSince>,
    /// What was selected of the cases there are, where that is known.
    pub selection: Option<StoredSelection>,
    /// Whether this is one shard: shards do not judge staleness.
    pub sharded: bool,
    /// What GO means, if it was frozen.
    pub profile: Option<Profile>,
    /// What was measured, for the budgets of a profile.
    pub measured: Measured,
    /// When the decision is asked for, UTC: a profile may want fresh evidence.
    pub asked_at: Timestamp,
    /// Quirks that cases check both sides to be alike in, each with the case's id.
    pub parity: Vec<(String, String)>,
    /// Quirks that cases check which are replayed on request only.
    pub on_request: Vec<String>,
    /// Quirks that no run shows.
    pub not_reproduced: Vec<String>,
}

impl RunFacts {
    /// Facts of a run that went well and has no memory.
    pub fn plain(subjects: Subjects, now: Timestamp, planned: usize) -> Self {
        Self {
            subjects,
            now,
            planned,
            interrupted: None,
            stopped: None,
            noise_limit: 0,
            volatile_refused: false,
            leaked: 0,
            secret_found: false,
            since: None,
            selection: None,
            sharded: false,
            profile: None,
            measured: Measured::default(),
            asked_at: now,
            parity: Vec::new(),
            on_request: Vec::new(),
            not_reproduced: Vec::new(),
        }
    }

    /// The date by which entries expire.
    pub fn today(&self) -> Date {
        TimeZone::UTC.to_datetime(self.now).date()
    }
}
