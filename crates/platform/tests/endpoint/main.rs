//! The endpoint as its clients meet it, over sockets: with a fake provider, on real databases.
//!
//! `recorded` holds it to the recorded answers of the original, `quirks` and `tool_quirks` to what
//! each fix changes, `refusals` to the words of what was an internal error, `hostile` to what nobody
//! should send, `routes` to paths and methods, `stored` to its database file, `artifacts` to
//! where they are kept.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken test must be loud"
)]

mod artifacts;
mod hostile;
mod quirks;
mod recorded;
mod refusals;
mod routes;
mod stored;
mod support;
mod tool_quirks;
