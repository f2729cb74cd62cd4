//! Plan: scenarios x surfaces x matrix points -> cases; selection, order, shards.
//!
//! Comes in: checked scenarios and what the user selected. Goes out: [`Plan`], its [`Case`]s in
//! the order of their ids, and what was left out with the reason. Deliberately absent: running
//! them, and knowing what a lane costs.

pub mod case;
pub mod matrix;
pub mod select;
mod selection;
pub mod shard;

pub use case::Case;
pub use matrix::{case_id, point_bindings, points};
pub use select::{Plan, PlanError, PlanOptions, creates, plan};
pub use shard::{Shard, ShardError};
