//! For tests alone: replays recorded requests against a platform endpoint, and tells where its
//! answers differ from those that the original gave.
//!
//! Comes in: recorded groups ([`Group`]) and a [`Stage`] that starts an endpoint with settings.
//! Goes out: [`Difference`]s. Deliberately absent: providers and the MCP server, which the stage
//! brings along for the steps that need them.
//!
//! A mistake in the recorded data or in a stage is a panic that says which: nothing else could
//! be done about it in a test.

#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "see above")]

mod compare;
mod data;
mod database;
mod fill;
mod normal;
mod request;
mod run;
mod s3;
mod secrets;
mod server;
mod tap;
mod upstream;
mod wire;

pub use compare::Difference;
pub use data::{Group, Step, read};
pub use database::Database;
pub use request::request;
pub use run::{Run, Stage, replay};
pub use s3::S3;
pub use server::{Answer, Server};
pub use tap::{CreatedIds, Tap};
pub use upstream::Upstream;
pub use wire::{Heard, ask};
