//! The Daytona stand-in on the wire: statuses, texts and the order of checks, seen by a plain HTTP
//! client.
#![expect(
    clippy::unwrap_used,
    reason = "a step that cannot be taken ends the test; the lint knows only test functions"
)]

mod builds;
mod code_run;
mod contexts;
mod control;
mod doors;
mod endings;
mod file_transfers;
mod files;
mod git;
mod interpreters;
mod lists;
mod log_streams;
mod previews;
mod processes;
mod ptys;
mod sessions;
mod settings;
mod snapshots;
mod spools;
mod states;
mod support;
mod system;
