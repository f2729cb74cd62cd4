//! Run: plays cases on both sides, buys replays where they are wanted, cleans up, and reads the
//! verdict from the journal.
//!
//! Comes in: cases, and a [`Stage`] that hands over ready surfaces. Goes out: a journal, and with
//! [`conclude::conclude_run`] the answers. Deliberately absent: starting stand-ins (`stage`),
//! judging (`compare`), rendering (`report`).

mod blame;
mod budget;
pub mod conclude;
mod conditions;
mod lives;
mod pace;
mod play;
mod schedule;
#[cfg(test)]
mod schedule_tests;
mod seat;
mod settings;
mod shared;
mod sides;
#[cfg(test)]
mod stack_tests;
mod stage;
mod step;
mod stored;

pub use budget::StopReason;
pub use conditions::{Tried, unmet};
pub use play::is_unfinished;
pub use schedule::{RunError, play_once, run_cases};
pub use settings::{
    GUARD_DEFAULT, Progress, ProgressEvent, Replays, RunSettings, SIDES_GAP, SideBounds,
};
pub use shared::Playing;
pub use stage::{OpenSide, RecordedSide, Stage, StageError};
pub use stored::read_stored;
