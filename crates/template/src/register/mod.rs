//! Registering a template with its provider.
//!
//! Comes in: a folder, and what the user asks for. Goes out: a plan, made without the network, with all that
//! stands against it at once; and what became of the plan at the provider. Deliberately absent: the
//! environment of the process, signals, and the terminal.

mod archive;
mod arguments;
mod connection;
mod context;
pub mod daytona;
pub mod e2b;
mod error;
mod findings;
mod folder;
mod hex;
mod ignored;
mod lines;
mod no_plan;
mod progress;
#[cfg(test)]
mod testing;
mod upload;

pub use arguments::BuildArguments;
pub use connection::{Clients, Connection, Pace};
pub use context::Amount;
pub use error::RegisterError;
pub use no_plan::NoPlan;
pub use progress::{Event, Progress};
