//! HTTP for the drivers: clients, attempts, deadlines, bounded bodies, evidence.
//!
//! Comes in: a request of a driver with what may be done when it fails. Goes out: an answer to
//! read piece by piece, or why there is none; and one exchange of evidence per attempt.
//! Deliberately absent: any knowledge of a provider's routes, bodies or error texts.

mod client;
mod error;
mod ours;
mod reply;
mod request;
mod retry;
mod send;
mod trail;

pub use client::HttpClients;
pub(crate) use client::install_crypto;
pub(crate) use error::{HttpError, Refusal, chain};
pub(crate) use reply::Reply;
pub(crate) use request::{Ask, Payload};
pub(crate) use retry::Retry;
pub(crate) use send::Http;
