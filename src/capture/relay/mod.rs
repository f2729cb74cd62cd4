//! Between an MCP host and its server: every byte passes, and the calls are seen.
//!
//! Comes in: a command. Goes out: its exit code, and the calls of its tools with their answers.
//! What is seen has no hand in what passes: it is looked at in memory of bounded size, and nothing
//! that goes wrong with it stops a byte. Deliberately absent: files.

mod lines;
mod pass;
mod run;
mod watch;

pub(crate) use run::relay;
pub(crate) use watch::{Seen, Watch, read};
