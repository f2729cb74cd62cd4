//! The drivers against answers written down from the wire contracts, byte for byte.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod daytona;
mod defaults;
mod deletes;
mod e2b;
mod homes;
mod listings;
mod ours;
mod races;
mod server;
mod setup;
mod stops;
mod wrong;
