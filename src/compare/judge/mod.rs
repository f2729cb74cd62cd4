//! Judging one case: transcripts of both sides to a [`CaseVerdict`].
//!
//! Comes in: what both sides did in all replays, the scenario, the ledger, the date as a value.
//! Goes out: verdicts with their evidence; how many replays an `auto` run still wants.
//! Deliberately absent: an opinion on the run as a whole, which `conclude` forms.
//!
//! [`CaseVerdict`]: crate::compare::verdict::CaseVerdict

mod blame;
mod case;
mod cause;
#[cfg(test)]
mod cause_tests;
mod deployed;
#[cfg(test)]
mod deployed_tests;
#[cfg(test)]
mod error_tests;
mod field;
mod fingerprint;
mod got;
mod guarded;
mod input;
#[cfg(test)]
mod ledger_tests;
mod nature;
#[cfg(test)]
mod property_tests;
mod replays;
mod step;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod volatile_tests;
#[cfg(test)]
mod wide_tests;

pub use case::{judge_case, unjudged_case};
pub use input::CaseInput;
pub use replays::{REPLAYS_AUTO_MAX, REPLAYS_UNSTABLE_MAX, replays_wanted};
