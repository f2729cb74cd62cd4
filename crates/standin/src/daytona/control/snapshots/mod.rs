//! Snapshots on the wire (contract section 5).
//!
//! Comes in: requests under `/api/snapshots` and `POST /sandbox/{id}/snapshot`. Goes out: snapshot
//! DTOs; builds and exports begun. Deliberately absent: registries. An image that is named is not
//! pulled; the built-in root stands in for it.

mod change;
mod list;
mod make;
mod names;
mod of_sandbox;

pub(super) use change::{activate, deactivate, delete, find, get};
pub(super) use list::list;
pub(super) use make::make;
pub(super) use of_sandbox::of_sandbox;
