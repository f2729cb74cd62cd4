//! Daytona's JavaScript SDK, `@daytona/sdk` 0.180.0, with axios beneath.
//!
//! Comes in: a key, an address, what is wanted. Goes out: a [`Sandbox`] and what is asked of it, or
//! the message that the SDK throws. [`Sandbox::file_details`], [`Sandbox::home`]
//! and [`Sandbox::answers`] are for repairs: the original never calls them.
//!
//! # What is not like the SDK
//! - **No compressed answers.** axios asks for them, this does not, so none come.
//! - **No proxy.** axios takes one from the process's environment, which is unknown here.
//! - **Sizes.** An answer may have as many bytes as the longest string of V8; axios has no limit.
//! - **Certificates.** What is wrong with one is told in other words than Node's.
//! - **`delete`** waits for the look at the sandbox that the SDK takes behind it.

mod answer;
mod axios;
mod busboy;
mod client;
mod config;
mod create;
mod details;
mod download;
mod exchange;
mod node;
mod parameters;
mod process;
mod sandbox;
mod upload;

pub use config::{Config, Daytona};
pub use create::{Create, CreateFailed, Finals, Source};
pub use details::FileDetails;
pub use process::Ran;
pub use sandbox::Sandbox;
