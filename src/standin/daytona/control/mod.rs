//! The control plane under `/api` (contract section 1).
//!
//! Comes in: requests whose path begins with `/api`. Goes out: sandbox and snapshot DTOs, error
//! bodies as its framework gives them. Deliberately absent: everything that happens inside a sandbox.

mod body;
mod create;
mod error;
mod lifecycle;
mod list;
mod route;
mod settings;
mod snapshots;

pub(super) use error::ApiError;
pub(super) use route::handle;
pub(super) use snapshots::IMAGE_REF;
