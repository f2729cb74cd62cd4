//! The control plane: sandboxes are made, found, kept alive and ended (contract 1).
//!
//! Comes in: an authenticated request. Goes out: a status and JSON. Deliberately absent: anything
//! inside a sandbox (`envd`).

pub(crate) mod body;
pub(crate) mod create;
pub(crate) mod lifecycle;
pub(crate) mod list;
pub(crate) mod metadata;
pub(crate) mod pause;
pub(crate) mod routes;
pub(crate) mod view;
