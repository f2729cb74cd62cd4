//! E2B's driver: control plane v2, envd's Connect RPC and plain files.
//!
//! Comes in: calls of the driver trait. Goes out: what E2B said, as its wire was measured and
//! its public source has it. Deliberately absent: debug mode, templates, terminals, and any branch
//! that only the cloud or only a stand-in runs through; they differ in base URLs alone.

mod background;
mod classes;
mod config;
mod control;
mod defaults;
mod driver;
mod envd;
mod error_code;
mod event;
mod files;
mod forms;
mod frame;
mod packed;
mod process;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;
mod stdin;

pub(in crate::driver) use classes::{of_control, of_envd, of_stream};
pub use config::E2bConfig;
pub use driver::E2bDriver;
