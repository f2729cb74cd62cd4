//! The E2B stand-in on the wire: raw HTTP in, status codes, texts and envelopes out.
//!
//! Goal: every operation that the stand-in implements is held by a request.
//! Method: a stand-in per test on the `namespaces` engine
//! (on `process` where the machine refuses namespaces), `reqwest` as the client, no SDK and none of
//! our driver; the clock is advanced, nothing sleeps.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests say what is wrong by panicking"
)]

mod bad_builds;
mod bad_days;
mod build_kit;
mod builds;
mod control;
mod copies;
mod creates;
mod doors;
mod endings;
mod fake;
mod files;
mod filesystem;
mod metadata;
mod observed;
mod ports;
mod processes;
mod protocol;
mod refusals;
mod states;
mod streams;
mod support;
mod transfers;
mod transitions;
mod uploads;
