//! The endpoint's HTTP: which path means what, how a request becomes a call and a failure an
//! answer.
//!
//! Comes in: requests. Goes out: answers, byte for byte the original's where it has one.
//! Deliberately absent: what a call does, which `tools`, `sessions` and `artifacts` know.

mod answer;
mod dispatch;
mod methods;
mod path;
mod routes;
mod serve;

pub use dispatch::router;
pub use serve::{serve, serve_once_each};
