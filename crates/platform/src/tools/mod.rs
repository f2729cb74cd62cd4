//! The calls of an agent: making a sandbox, running a command, reading a file, storing an
//! artifact.
//!
//! Comes in: checked bodies. Goes out: what the call gave, or a [`crate::failure::Failure`].
//! Deliberately absent: HTTP, and what a provider does.
//!
//! Each repaired quirk stands in one place, under its id; without its fix the place does what the
//! original does.

mod address;
mod artifact;
mod execute;
mod executor;
mod project;
mod provision;
mod read_file;
mod refusal;
mod test_run;
mod told;
