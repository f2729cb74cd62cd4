//! Scenarios: what the user wrote, read, checked and made ready to plan.
//!
//! Comes in: YAML files. Goes out: [`model::Scenario`]s without a mistake in them, or every
//! problem of every file with its place. All YAML of the project goes through this room
//! ([`yaml`]). Deliberately absent: running anything, knowing any wire.

pub mod matcher;
pub mod model;
pub mod template;
