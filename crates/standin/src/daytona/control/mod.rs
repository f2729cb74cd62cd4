//! The control plane under `/api` (contract section 1).
//!
//! Comes in: requests whose path begins with `/api`. Goes out: sandbox and snapshot DTOs, error
//! bodies as its framework gives them. Deliberately absent: everything that happens inside a sandbox.

mod answer;
mod body;
mod build_logs;
mod check;
mod config;
mod create;
mod error;
mod filter;
mod launch;
mod lifecycle;
mod list;
mod network;
mod of_sandbox;
mod order;
mod ports;
mod resize;
mod routes;
mod settings;
mod snapshots;
mod view;

pub(super) use build_logs::{is_log, of_path as build_log};
pub(super) use error::ApiError;
pub(super) use routes::handle;
