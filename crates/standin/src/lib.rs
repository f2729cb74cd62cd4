//! Stand-ins: local servers that speak a provider's wire, on an engine that runs real commands.
//!
//! Comes in: HTTP from an official SDK or our driver. Goes out: what the wire contract says the
//! provider answers. Deliberately absent: any type or helper of `driver`; the knowledge of
//! scenarios, sides or comparison. Imports `base` only.
//!
#![doc = include_str!("../README.md")]

pub mod daytona;
pub mod e2b;
pub mod engine;
pub mod fault;
mod front;
pub mod request_log;
pub mod server;
mod shared;
