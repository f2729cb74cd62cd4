//! Steps in `report.json`: the call, what each side gave, what they suffer from.

use cutover_base::by_side::BySide;
use cutover_base::side::Side;
use schemars::JsonSchema;
use serde::Serialize;

use crate::compare::cause::CauseKind;
use crate::compare::verdict::StepVerdict;
use crate::report::outcome::outcomes;

/// What was asked for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CallReport {
    /// The verb and its arguments in the spelling of YAML, with references as they were written;
    /// of a call over 4 KiB its beginning.
    pub text: String,
    /// Bytes of the whole.
    pub bytes: u64,
}

/// Something that happened in a step and that later steps may suffer from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CauseReport {
    /// The step.
    pub step: String,
    /// Its line in the scenario file; 0 for the implicit provision.
    pub line: u64,
    /// What kind of thing.
    pub kind: CauseKind,
    /// In a sentence.
    pub what: String,
}

/// The first cause of what a step came to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BlameReport {
    /// Index in the case's `causes`.
    pub cause: u64,
    /// Whether the step could not be made because of it; otherwise it only came before the step.
    pub certain: bool,
}

/// What each side gave in a step whose fields were not compared.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OutcomesReport {
    /// The source.
    pub source: Vec<OutcomeReport>,
    /// The target.
    pub target: Vec<OutcomeReport>,
}

/// What a side gave.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OutcomeReport {
    /// Replays that gave it, from 1.
    pub replays: Vec<u32>,
    /// In a few words.
    pub text: String,
}

impl OutcomesReport {
    /// Those of a step, if its fields do not tell.
    pub(crate) fn of(step: &StepVerdict) -> Option<Self> {
        if step.gave.iter().all(|(_, gave)| gave.is_empty()) {
            return None;
        }
        let BySide { source, target } = BySide::from_fn(|side: Side| {
            let all = outcomes(step, side).into_iter();
            all.map(|(replays, text)| OutcomeReport { replays, text })
                .collect::<Vec<_>>()
        });
        Some(Self { source, target })
    }
}
