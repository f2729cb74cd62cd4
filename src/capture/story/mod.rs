//! The story of a session: its calls as the steps of a scenario.
//!
//! Comes in: calls and what came back, in order. Goes out: a scenario's text and what became of each
//! call. Deliberately absent: where the calls were seen.

mod bind;
mod body;
mod calls;
mod pattern;
mod piece;
mod sessions;
mod step;
mod tally;
mod token;
mod write;
mod yaml;

pub(crate) use tally::{Fate, Tally};
pub(crate) use write::{Source, Story, tell};
