//! What a call does to the world: nothing, something inside its sandbox, or something outside.
//!
//! Comes in: a command as an agent wrote it. Goes out: an effect, and what shows it. What changes
//! something outside is held back, so that a doubt counts as outside only where a word says so: a
//! script whose text nobody saw is taken for a change inside the sandbox.
//! Deliberately absent: running a shell, following variables.

mod class;
mod code;
mod git;
mod heads;
mod reach;
mod tables;
mod web;

pub(crate) use class::Effects;
pub(crate) use reach::{Effect, Reach};
