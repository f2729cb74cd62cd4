//! Stand-ins: local servers that speak a provider's wire, on an engine that runs real commands.
//!
//! Comes in: HTTP from an official SDK or our driver. Goes out: what the wire contract says the
//! provider answers. Deliberately absent: any type or helper of `driver`; the knowledge of
//! scenarios, sides or comparison. Imports `base` only. `e2b` and `daytona` write their wires apart;
//! what stands behind both in the same way, such as Go's file server, is in `shared`.
//!
//! Both stand-ins name the same thing alike: `server` starts and stops one, `dispatch` leads a
//! request to its part, `app` is what all requests share, `registry` holds the sandboxes, `sandbox`
//! and `state` are one of them, `life` is what happens to it, `timers` what time does to it,
//! `snapshots` what is kept of it. What they do alike is in `shared`.
//!
#![doc = include_str!("../README.md")]

pub mod daytona;
pub mod e2b;
pub mod engine;
pub mod fault;
mod front;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod request_log;
pub mod server;
mod shared;
