//! Terminals: interactive login shells that several clients may watch and type into (contract 2.4).
//!
//! Comes in: requests below `/process/pty`, keystrokes. Goes out: facts, what the terminal shows,
//! how its shell ended. Deliberately absent: a memory of what was shown before a client came, which
//! the daemon has not either.

mod client;
mod create;
mod end;
mod info;
mod routes;
mod run;

pub(super) use routes::answer;
