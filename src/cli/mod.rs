//! The command line: one file per command, which reads its arguments, calls `app`, prints the
//! result on stdout and progress on stderr, and picks the exit code.
//!
//! Comes in: arguments, and the process's environment, read once. Goes out: text and an exit code.
//! Deliberately absent: doing anything, which is `app`'s.

mod args;
mod audit;
mod before;
mod check;
mod completions;
mod context;
mod doctor;
mod exit;
mod explain;
mod findings;
mod finish;
mod fixes;
mod gate;
mod import;
mod init;
mod list;
mod man;
mod mcp;
mod memory;
mod merge;
mod output;
mod plan_text;
mod platform;
mod progress;
mod reap;
mod record;
mod registration;
mod report;
mod run;
mod schema;
mod selftest;
mod show;
mod snapshot;
mod standin;
mod start;
mod template;
mod try_one;

pub use start::start;
