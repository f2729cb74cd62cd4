//! Plan: scenarios x surfaces x matrix points -> cases; selection, order, shards.
//!
//! Comes in: checked scenarios and what the user selected. Goes out: [`Plan`], its [`Case`]s in
//! the order of their ids, and what was left out with the reason. what it will take at an
//! account. Deliberately absent: running them.

pub mod accounts;
mod case;
mod cost;
pub mod matrix;
mod secrets;
pub mod select;
mod selection;
pub mod shard;

pub use accounts::{Account, Accounts, Settings, read_settings};
pub use case::Case;
pub use cost::{Cost, cost};
pub use matrix::{case_id, point_bindings, points};
pub use secrets::{DeclaredSecret, read_secrets};
pub use select::{Plan, PlanError, PlanOptions, creates, plan};
pub use shard::{Shard, ShardError};
