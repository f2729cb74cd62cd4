//! Comparison, ledger, verdicts, drift, decision: pure, no clock, no IO but the file of a spilled
//! value.
//!
//! Comes in: transcripts of both sides, the scenario, the ledger. Goes out: verdicts with their
//! evidence, and the two answers. Deliberately absent: an opinion on which side is right;
//! rendering.

pub mod align;
pub mod answer;
pub mod cause;
pub mod conclude;
pub mod diff;
mod diff_line;
#[cfg(test)]
mod diff_tests;
mod effect;
mod equality;
mod fields;
pub(crate) mod first;
mod invisible;
pub mod json;
pub mod judge;
pub mod ledger;
pub mod limit;
pub mod measured;
mod pick;
pub mod profile;
#[cfg(test)]
mod samples;
mod steps;
pub mod subjects;
pub mod verdict;
mod volatile;

pub use conclude::{RunFacts, conclude};
