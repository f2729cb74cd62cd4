//! Logs of tool calls, in the formats of others.
//!
//! Comes in: the text of a log. Goes out: its calls by session, and what of it could not be read.
//! The format is recognised from the content. Deliberately absent: files, scenarios.

mod log;
mod mend;
mod mini_swe_agent;
mod opencode;
mod openhands;
mod recognise;
mod shape;
mod simple;
mod swe_agent;
mod tools;

pub(crate) use recognise::read;
pub(crate) use shape::shape;
