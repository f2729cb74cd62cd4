//! What of the cases that there are a run was asked for, and what an earlier run had seen.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was selected. The default is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSelection {
    /// What selected, as on the command line, e.g. `--only provider/execute/*`.
    #[serde(default)]
    pub by: Vec<String>,
    /// Cases that there are and that were not planned, by id.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// Whether more cases than these may have been left out: the scenarios beside the given paths
    /// could not be read.
    #[serde(default)]
    pub uncounted: bool,
}

impl StoredSelection {
    /// Whether anything was left out.
    pub fn is_part(&self) -> bool {
        self.uncounted || !self.left_out.is_empty()
    }
}

/// What an earlier run had seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSince {
    /// Its id.
    pub run: String,
    /// Fingerprints of its divergences, with the time each was first seen.
    pub divergences: IndexMap<String, Timestamp>,
    /// Where each was seen; journals of earlier versions do not say.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub places: IndexMap<String, StoredPlace>,
}

/// A step of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPlace {
    /// The case; empty for what is of no case.
    pub case: String,
    /// The step; empty for what is of no step.
    pub step: String,
}
