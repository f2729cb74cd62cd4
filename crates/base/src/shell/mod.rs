//! The simple commands of a shell text, as far as they can be read without running it: which programs
//! are started with which words, what they are given and where their output goes. No expansion, no
//! control flow.
//!
//! The parsers of whole shells that there are bring some sixty crates, a third of our build.

mod command;
mod reader;
#[cfg(test)]
mod tests;

pub use command::{Command, assignment, everything};
pub use reader::{DEPTH_MAX, commands};
