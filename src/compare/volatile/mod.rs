//! Parts of a text that are new in every replay by their nature: ids, hashes, temporary names, times,
//! durations.
//!
//! Comes in: the values of a field in all replays of both sides. Goes out: whether nothing but such
//! parts differs, and of what forms they are ([`agree`]), proved by the replays: a part counts only
//! where it varied on both sides. Deliberately absent: any rule that holds without that proof, which
//! is the business of `normalise`.

mod agree;
mod collapse;
mod form;

pub(crate) use agree::{Agreement, agree};
