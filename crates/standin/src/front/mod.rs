//! What stands before a stand-in's wire: the request log, and the desk of its operator.
//!
//! Comes in: every request, before faults and provider see it. Goes out: a line per request, and
//! the answers of `/__cutover/`, which let a test look at the stand-in, move its clock, plant
//! faults, kill sandboxes and begin anew. Deliberately absent: any provider's shape; the stand-in
//! says what is needed of it by `Wire`.

mod counted;
mod desk;
mod entry;
mod gate;
mod layer;
mod path;
mod wire;

pub(crate) use gate::Front;
pub(crate) use wire::Wire;
