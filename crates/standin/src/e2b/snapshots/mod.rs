//! Snapshots: what is kept of a sandbox for new ones (contract 1.7).
//!
//! Comes in: an archive of files from an engine. Goes out: the same archive, for a new sandbox.
//! Files, environment and metadata are kept. Deliberately absent: memory. An embedded engine
//! cannot copy processes, so a sandbox made of a snapshot starts with none, which its log says.

mod snapshot;
mod store;

pub(crate) use snapshot::Snapshot;
pub(crate) use store::{Snapshots, Wanted};
