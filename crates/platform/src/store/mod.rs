//! Where agents and sessions are kept.
//!
//! Comes in: ids and changes. Goes out: what is stored. Deliberately absent: any opinion on what a
//! session's sandboxes hold.

mod contract;
mod embedded;
mod record;

pub use contract::{Store, StoreError};
pub use embedded::EmbeddedStore;
