//! Sessions: one long-lived shell each, whose state lasts from command to command (contract 3.4).
//!
//! Comes in: requests below `/process/session`. Goes out: commands, their exit codes and logs.
//! Deliberately absent: terminals, which have no commands.

mod entrypoint;
mod exec;
mod follow;
mod input;
mod logs;
mod markers;
mod reading;
mod routes;
mod shell;
mod version;

pub(in crate::daytona) use entrypoint::begin_entrypoint;
pub(super) use routes::answer;
