//! The E2B stand-in: control plane and envd on one loopback port.
//!
//! Comes in: HTTP from an official E2B SDK or our driver. Goes out: what the contract says E2B
//! answers, from sandboxes of an `Engine`. Deliberately absent: any wire type of the driver, TLS,
//! volumes, secrets (501 by name), the memory of snapshots, forks and templates.

mod app;
mod auth;
mod body;
mod build;
mod control;
mod dispatch;
mod drain;
pub(crate) mod envd;
mod error;
mod faults;
mod front;
mod idempotency;
mod image;
mod life;
mod log;
mod network;
mod process;
mod proxy;
mod registry;
mod reply;
mod sandbox;
mod server;
mod slots;
mod snapshots;
mod state;
mod template;
mod timers;
mod usage;
mod watchers;

pub use server::start;
