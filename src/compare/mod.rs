//! Comparison, ledger, verdicts, drift, decision: pure, no clock, no IO.
//!
//! Comes in: transcripts of both sides, the scenario, the ledger. Goes out: verdicts with their
//! evidence, and the two answers (`design.md` section 5). Deliberately absent: an opinion on
//! which side is right; rendering.

pub mod verdict;
