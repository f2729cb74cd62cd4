//! What the operator sets, read from a map of variables.
//!
//! Comes in: names and values, as an environment has them. Goes out: [`Settings`], or one
//! [`SettingsError`] that names every mistake at once. Deliberately absent: the process's own
//! environment, which only the command line reads.

mod fields;
mod rule;
#[cfg(test)]
mod tests;

pub use fields::{Choice, Credentials, Settings};
pub use rule::{SettingsError, Variables};
