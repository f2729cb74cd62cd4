//! `POST /process/code-run`: code of a named language, and the charts that it drew (contract 2.4).
//!
//! Comes in: code, its arguments and environment. Goes out: output, exit code, charts. Deliberately
//! absent: a look at whether the language is there; the shell says it in the output.

mod artifacts;
mod chart;
mod route;

pub(super) use artifacts::Artifacts;
pub(super) use route::run;
