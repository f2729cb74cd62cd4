//! The `process` engine: commands run on the host, as the user who runs cutover.
//!
//! Comes in: the same requests as for every engine. Goes out: processes and files of the host.
//! Deliberately absent: isolation of any kind. It is for development and only used when asked
//! for by name.
//!
//! What holds: each sandbox has a temporary folder; the file operations map `/home/user`,
//! `/root`, `/tmp` and `/var/tmp` below it and take every other absolute path as the host's.
//! Commands start in the mapped working directory, with a mapped `HOME` and `TMPDIR`; streams,
//! exit states, signals, groups and terminals are real; destroying ends the groups and sessions
//! that its commands lead.
//!
//! What does not hold: a command that writes `/home/user/x` itself means the host's path;
//! identities are ignored and cutover's own id is shown as `user` (1000); no limit binds; a
//! process that made itself a new session escapes the end, a freeze and a signal to all; a
//! connection goes to the host's loopback, whoever listens there; what a sandbox may use is what
//! the host has.

mod disk;
mod engine;
mod paths;
mod running;
mod sandbox;
mod start;

pub use engine::ProcessEngine;
