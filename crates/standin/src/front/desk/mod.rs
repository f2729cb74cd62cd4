//! The desk of the stand-in's operator: `/__cutover/` (`crates/standin/README.md` has the table).
//!
//! Comes in: requests of someone on this machine who holds the key. Goes out: JSON about the
//! stand-in, and changes of its clock, faults and sandboxes. Deliberately absent: faults and the
//! request log, neither of which sees a request of the desk; anything a provider has.

mod act;
mod answer;
mod guard;
mod look;
mod routes;

pub(crate) use routes::{answer, is_for};
