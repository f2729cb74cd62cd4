//! Snapshots of Daytona: from a folder to a plan, and from a plan to an active snapshot.

mod hash;
mod limits;
mod logs;
mod objects;
mod plan;
mod register;
#[cfg(test)]
mod register_tests;
mod rules;
mod signature;
#[cfg(test)]
mod tests;
mod wire;

pub use limits::Caps;
pub use plan::{Context, Sizes, SnapshotPlan, SnapshotSettings, plan};
pub use register::{RegisteredSnapshot, SnapshotOptions, register};
