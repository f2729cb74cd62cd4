//! Snapshots: what sandboxes are made from, kept by name (contract section 5).
//!
//! Comes in: images, pulled, built or taken of a sandbox. Goes out: the same images, for new
//! sandboxes, and after a restart where the stand-in has a folder. Deliberately absent: making
//! them, and their face on the wire (`control`).

mod record;
mod snapshot;
mod store;

pub(super) use snapshot::{DEFAULT, Snapshot, SnapshotState};
pub(super) use store::Snapshots;
