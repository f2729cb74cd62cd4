//! `filesystem.Filesystem`: facts and changes of paths, done as root (contract 3.3).
//!
//! Comes in: a checked request. Goes out: entries and events. Deliberately absent: contents
//! (`files`).

mod change;
pub(crate) mod entry;
mod look;
mod routes;
mod watch;

pub(crate) use routes::unary;
pub(crate) use watch::stream_events;
