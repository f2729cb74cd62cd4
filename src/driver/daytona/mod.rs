//! Daytona's driver: control plane, and each sandbox's toolbox.
//!
//! Comes in: calls of the driver trait. Goes out: what Daytona said, as its wire was
//! measured and its public source has it. Deliberately absent: snapshots, git, language servers,
//! terminals, the event socket, and any branch that only the cloud or only a stand-in runs through.

mod classes;
mod config;
mod control;
mod defaults;
mod download;
mod driver;
mod execute;
mod files;
mod forms;
mod json_stream;
mod lifecycle;
mod multipart;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;
mod session;
mod wire;

pub(in crate::driver) use classes::{Meaning, of_control, of_toolbox};
pub use config::{DaytonaConfig, DaytonaCredentials};
pub use driver::DaytonaDriver;
