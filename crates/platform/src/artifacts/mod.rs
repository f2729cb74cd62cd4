//! Where artifacts are kept, and how whoever has their address fetches them.
//!
//! Comes in: bytes and the names of agents. Goes out: an address that is good for seven days.
//! Deliberately absent: who may store one, which the route decides.

mod contract;
mod folder;
mod name;
mod s3;

pub use contract::{ArtifactError, ArtifactStore, LIFETIME, Stored};
pub use folder::FolderArtifacts;
pub use name::sanitised;
pub use s3::S3Artifacts;
