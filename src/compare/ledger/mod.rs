//! The ledger: behaviours known to differ, or known to be shared.
//!
//! Comes in: `scenarios/quirks.yaml` and a user's `cutover-quirks.yaml` as texts, and beside them
//! `not-reproduced.yaml`, which says what no run shows. Goes out: a [`Ledger`] without a mistake in
//! it, or every problem with its place; which shapes speak for a field. Deliberately absent: any reading of files, any opinion on a run as a whole.

mod check;
mod entry;
#[cfg(test)]
mod guide_tests;
mod inside;
#[cfg(test)]
mod inside_tests;
mod lines;
mod not_reproduced;
#[cfg(test)]
mod not_reproduced_tests;
mod once;
mod parse;
mod pattern;
mod place;
mod rank;
mod scope;
mod shape_of;
mod sides_of;
#[cfg(test)]
mod tests;
mod ties;
mod values;
mod when_of;
#[cfg(test)]
mod wide_tests;

pub use check::{check, orphans, unknown_entries};
pub use entry::{
    Cause, Entry, EntryKind, Ledger, Shape, ShapeSides, SideName, SideShape, ValueShape, When,
};
pub use inside::{LinePattern, LineRule, Moved};
pub(crate) use lines::lines;
pub use not_reproduced::{NOT_REPRODUCED_FORMAT, NotReproduced, read_not_reproduced};
pub use once::in_two_places;
pub use parse::{LEDGER_FORMAT, LedgerText, read_ledger};
pub use pattern::CasePattern;
pub use place::{Place, StepPattern};
pub(crate) use scope::{FieldPlace, Hit, default_gate};
