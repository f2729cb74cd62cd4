//! Plan: scenarios x surfaces x matrix points -> cases; selection, order, shards.
//!
//! Comes in: checked scenarios and what the user selected. Goes out: [`Plan`], its [`Case`]s in
//! the order of their ids, what was left out with the reason, and what it will take of an account;
//! what `cutover.yaml` says. Deliberately absent: running them.

pub mod accounts;
mod case;
mod cost;
pub mod matrix;
mod on_request;
mod secrets;
pub mod select;
mod selection;
mod settings;
pub mod shard;
#[cfg(test)]
mod stack_tests;

pub use accounts::{Account, Accounts};
pub use case::Case;
pub use cost::{Cost, cost};
pub use matrix::{case_id, point_bindings, points};
pub use on_request::waits;
pub use secrets::DeclaredSecret;
pub use select::{Plan, PlanError, PlanOptions, creates, plan};
pub use settings::{SETTINGS_FORMAT, Settings, SettingsRead, read_settings};
pub use shard::{Shard, ShardError};
