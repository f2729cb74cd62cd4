//! The command line: one file per command. Reads the environment once, starts what a command
//! needs, prints its result on stdout and progress on stderr, and maps it to an exit code.
//!
//! Deliberately absent: anything another room could do.

mod args;
mod check;
mod completions;
mod context;
mod corpus;
mod doctor;
mod exit;
mod explain;
mod gate;
mod init;
mod list;
mod man;
mod merge;
mod perform;
mod plan_text;
mod progress;
mod reap;
mod report;
mod rerun;
mod resume;
mod run;
mod schema;
mod selftest;
mod show;
mod sides;
mod signals;
mod standin;
mod start;
mod stored;
mod try_one;

pub use start::start;
