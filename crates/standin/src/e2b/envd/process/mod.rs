//! `process.Process`: commands and their streams (contract 3.2).
//!
//! Comes in: a checked request. Goes out: events and answers. Deliberately absent: how a process
//! is watched (`e2b::process`).

mod events;
mod input;
mod launch;
mod routes;
mod selector;

pub(crate) use launch::start_own;
pub(crate) use routes::{stream, unary};
