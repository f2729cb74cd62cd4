//! Charts that a program drew, taken out of its output (contract 2.4).
//!
//! Comes in: output as it is read. Goes out: what is shown of it, and the charts. Deliberately
//! absent: running the program (`code_run`).

mod artifacts;
mod chart;

pub(super) use artifacts::Artifacts;
