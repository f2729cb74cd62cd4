//! What later steps of a case may suffer from, and what a side gave in a step that could not be
//! compared.

use serde::Serialize;

use crate::call::{FailureClass, Outcome};

/// Something that happened in a step and that later steps may suffer from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The step's place among the steps of the case.
    pub at: usize,
    /// Its id.
    pub step: String,
    /// Its line in the scenario file; 0 for the implicit provision.
    pub line: usize,
    /// What kind of thing.
    pub kind: CauseKind,
    /// The name that has no value for it: of a capture.
    pub name: Option<String>,
    /// In words, without the step: `unsupported on the target: ...`.
    pub what: String,
}

/// Kinds of [`Cause`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// A side's provider has no such thing.
    Unsupported,
    /// The recording that stands for a side does not have the call.
    NotRecorded,
    /// A provider did not do its work.
    ProviderError,
    /// The harness did not do its work.
    HarnessError,
    /// The call ended at its time limit.
    TimeLimit,
    /// The condition of an `until` never held.
    Until,
    /// A capture had nothing to take.
    Capture,
}

impl CauseKind {
    /// Whether no later step of the case can be made on that side.
    pub const fn ends_a_side(self) -> bool {
        matches!(
            self,
            Self::ProviderError | Self::HarnessError | Self::NotRecorded
        )
    }
}

/// The first cause of what a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blame {
    /// Index in [`CaseVerdict::causes`](crate::compare::verdict::CaseVerdict::causes).
    pub cause: usize,
    /// Whether the step could not be made because of it. Otherwise it only came before the step.
    pub certain: bool,
}

/// What a side gave in a step that could not be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Gave {
    /// Replays in which it gave this, from 1.
    pub replays: Vec<u32>,
    /// What.
    pub what: Given,
}

/// See [`Gave`].
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// An outcome.
    Outcome(Outcome),
    /// An error of the provider, or of the harness (`None`).
    Error(Option<FailureClass>, String),
    /// The side's provider has no such thing.
    Unsupported(String),
    /// An earlier step made it impossible.
    NotReached(String),
    /// The recording that stands for the side does not have the call.
    NotRecorded(String),
}
