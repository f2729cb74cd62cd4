//! The ledger: behaviours known to differ, or known to be shared (`design.md` section 5).
//!
//! Comes in: `scenarios/quirks.yaml` and a user's `cutover-quirks.yaml` as texts. Goes out: a
//! [`Ledger`] without a mistake in it, or every problem with its place; which shapes speak for a
//! field. Deliberately absent: any reading of files, any opinion on a run as a whole.

mod check;
mod entry;
mod inside;
#[cfg(test)]
mod inside_tests;
mod lines;
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
pub use parse::{LEDGER_FORMAT, LedgerText, read_ledger};
pub use pattern::CasePattern;
pub use place::{Place, StepPattern};
pub(crate) use scope::{FieldPlace, Hit, default_gate};
