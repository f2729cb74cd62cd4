//! Plan: scenarios x surfaces x matrix points -> cases; selection and order.
//!
//! Comes in: checked scenarios. Goes out: [`Case`]s. Deliberately absent: running them.

pub mod case;

pub use case::Case;
