//! E2B's JavaScript SDK, `e2b` 1.13.2, in Node 20.20.2.
//!
//! Comes in: a key, [`Places`], and what the original gives to its SDK. Goes out: what it gets back,
//! or the message that is thrown.
//!
//! # What is not like the SDK
//! - `E2B_API_URL` and `E2B_SANDBOX_URL` are followed, as newer SDKs do. `E2B_DEBUG`,
//!   `E2B_ACCESS_TOKEN` and Bun's headers are not.
//! - Both outputs of a command together, and not each, are limited to the longest string of V8; one
//!   message of the stream is limited to 64 MiB.
//! - [`Sandbox::run`] can start bash without the profile of a login and keep the bytes of the
//!   output, [`Sandbox::stat`] tells more than the SDK's `files.exists`, and
//!   [`Sandbox::read_bytes`] stops at a length. The original has none of these; repairs need them.
//! - A message of the stream whose number stands in a text is read if it is written as Rust reads
//!   numbers, which is less than JavaScript reads.

mod bytes64;
mod client;
mod commands;
mod control;
mod files;
mod info;
mod messages;
mod noted;
mod openapi;
mod places;
mod rpc;
mod sandbox;
mod stat;
mod version;

pub use client::E2b;
pub use commands::{Command, Decoding, Output, Ran, RunError, Shell};
pub use control::New;
pub use info::Info;
pub use places::Places;
pub use sandbox::Sandbox;
pub use stat::{FileInfo, FileKind};
