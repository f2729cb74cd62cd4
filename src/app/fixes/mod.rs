//! Which fixes a stored run wants: those that its blockers name, replayed with all of them, without
//! each in turn, and with no more than are needed.

mod ask;
mod play;
mod remaining;
mod request;
mod search;
mod stacks;
mod told;

pub(crate) use ask::fixes;
pub(crate) use request::FixesRequest;
pub(crate) use told::{FixTold, FixesTold, RemainingTold, SetTold};
