//! The application: what each command does, from checked arguments to a value.
//!
//! Comes in: settings as plain values, and the process's environment as one. Goes out: runs and
//! their answers, or an error in words; progress goes to an observer while a run goes on.
//! Deliberately absent: arguments, printing, exit codes (`cli`); playing cases (`run`), judging
//! them (`compare`).

pub(crate) mod built_images;
pub(crate) mod corpus;
pub(crate) mod doctor;
pub(crate) mod ending;
pub(crate) mod environment;
pub(crate) mod error;
mod files;
pub(crate) mod fixes;
pub(crate) mod gate;
mod images;
pub(crate) mod import;
pub(crate) mod judged;
mod known;
mod lanes;
pub(crate) mod limits;
pub(crate) mod machine;
pub(crate) mod mcp;
pub(crate) mod merge;
pub(crate) mod observe;
mod perform;
pub(crate) mod planned;
pub(crate) mod platform;
pub(crate) mod published;
pub(crate) mod reap;
pub(crate) mod record;
pub(crate) mod register;
mod rehearsal;
pub(crate) mod repairs;
mod rerun;
pub(crate) mod resume;
mod seal;
mod secrets;
mod selection;
pub(crate) mod selftest;
pub(crate) mod settings;
pub(crate) mod shipped;
pub(crate) mod side_settings;
pub(crate) mod sides;
pub(crate) mod signals;
mod stack;
pub(crate) mod standin;
pub(crate) mod try_one;
mod unsealed;

pub use rehearsal::{Rehearsal, RehearsalError};
