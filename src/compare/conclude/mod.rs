//! From verdicts on cases to the two answers of a run: drift and decision.
//!
//! Comes in: judged cases, the ledger, what happened to the run as a whole. Goes out: a
//! [`Conclusion`] that reports print and decide nothing about. Deliberately absent: rendering,
//! and the agreement of several runs that a profile may ask for, which `cutover gate` looks at.
//!
//! [`Conclusion`]: crate::compare::answer::Conclusion

mod accounts;
mod answers;
mod blocked;
mod decision;
mod divergences;
mod drift;
mod facts;
mod frozen;
mod limits;
mod pool;
mod quirk_use;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod selection_tests;
mod standing;
#[cfg(test)]
mod standing_tests;
#[cfg(test)]
mod tests;

pub use answers::conclude;
pub use blocked::{Blocked, BlockedBy, blocked};
pub use decision::gate_answer;
pub use divergences::below_surface;
pub use facts::RunFacts;
pub use pool::Pool;
