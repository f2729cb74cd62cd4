//! What a new sandbox finds in its environment.
//!
//! Comes in: an agent and the settings. Goes out: an [`Environment`]. Deliberately absent: the
//! agent's own values, which never enter a sandbox; it gets stubs, and the vault on its way out
//! puts the values in their place.

mod crypt;
mod environment;
mod stub;

pub use environment::{ATTEMPT, CA_MERGE, CA_MERGE_TIMEOUT, CA_PATH, Environment, environment};
pub use stub::derive_stub;
