//! The control plane: sandboxes are made, found, kept alive and ended (contract 1).
//!
//! Comes in: a request of the API. Goes out: a status and JSON. Deliberately absent: anything
//! inside a sandbox (`envd`), how templates are built (`e2b::build`), volumes, secrets (501 by name).

pub(crate) mod build;
pub(crate) mod copy;
pub(crate) mod create;
pub(crate) mod fork;
pub(crate) mod launch;
pub(crate) mod lifecycle;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod metadata;
pub(crate) mod metrics;
pub(crate) mod operation;
pub(crate) mod page;
pub(crate) mod routes;
pub(crate) mod snapshots;
pub(crate) mod started;
pub(crate) mod templates;
pub(crate) mod view;
pub(crate) mod wanted;
