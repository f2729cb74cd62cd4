//! The Daytona stand-in on the wire: statuses, texts and the order of checks as
//! `contracts/daytona-wire.md` gives them, seen by a plain HTTP client.
#![expect(
    clippy::unwrap_used,
    reason = "a step that cannot be taken ends the test; the lint knows only test functions"
)]

mod control;
mod endings;
mod files;
mod processes;
mod sessions;
mod support;
