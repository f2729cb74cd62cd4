//! The application: what each command does, from checked arguments to a value.
//!
//! Comes in: settings as plain values, and the process's environment as one. Goes out: runs and
//! their answers, or an error in words; progress goes to an observer while a run goes on.
//! Deliberately absent: arguments, printing, exit codes (`cli`); playing cases (`run`), judging
//! them (`compare`).

pub(crate) mod corpus;
pub(crate) mod doctor;
pub(crate) mod environment;
pub(crate) mod error;
mod files;
pub(crate) mod gate;
pub(crate) mod judged;
pub(crate) mod limits;
pub(crate) mod machine;
pub(crate) mod merge;
pub(crate) mod observe;
mod perform;
pub(crate) mod planned;
pub(crate) mod published;
pub(crate) mod reap;
mod rehearsal;
mod rerun;
pub(crate) mod resume;
mod seal;
mod secrets;
mod selection;
pub(crate) mod selftest;
pub(crate) mod settings;
pub(crate) mod shipped;
pub(crate) mod sides;
pub(crate) mod signals;
pub(crate) mod standin;
pub(crate) mod try_one;
mod unsealed;

pub use rehearsal::{Rehearsal, RehearsalError};
