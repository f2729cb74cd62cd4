//! Interpreters of one boot: their contexts, and the processes behind them.
//!
//! Comes in: what a worker prints. Goes out: its lines. Deliberately absent: starting and ending
//! workers, and what clients are told (`toolbox::interpreter`).

mod context;
mod line;
mod worker;

pub(in crate::daytona) use context::{Context, Contexts};
pub(in crate::daytona) use line::{Line, Lines};
pub(in crate::daytona) use worker::Worker;
