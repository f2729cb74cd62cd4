//! `cutover standin e2b|daytona|both`: local servers for the official SDKs, until a signal comes.
//!
//! Comes in: arguments. Goes out: `NAME=value` lines and a ready line on stdout, an env file, a
//! state folder, a request log. All problems are found before anything is served or left behind.
//! Deliberately absent: the servers themselves, which are `standin`'s.

mod command;
mod env_lines;
mod log;
mod settings;
mod state;

pub(crate) use command::run;
