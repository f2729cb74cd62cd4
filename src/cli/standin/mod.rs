//! `cutover standin e2b|daytona|both`: local servers for the official SDKs, until a signal comes.
//!
//! Comes in: arguments. Goes out: `NAME=value` lines and a ready line on stdout. Deliberately
//! absent: serving, which is `app`'s.

mod args;
mod command;
mod settings;

pub(crate) use args::StandinArgs;
pub(crate) use command::run;
