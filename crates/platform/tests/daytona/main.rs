//! Daytona as agents meet it through the endpoint: a cloud that does what a test tells it, over
//! sockets.
//!
//! `original` is without fixes, the others are what each fix changes: to `commands`, to `files`, to
//! `lives` of sandboxes, to the vault's `certificate`.

#![expect(clippy::unwrap_used, reason = "a broken test must be loud")]

mod bed;
mod certificate;
mod cloud;
mod commands;
mod files;
mod lives;
mod original;
mod refused;
