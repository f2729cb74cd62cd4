//! Servers that answer wrongly in every way that was seen or could be thought of: whatever a driver
//! is asked, it comes to an error, within its time limit, and never to an outcome.

#![expect(
    clippy::too_many_lines,
    reason = "tables of answers and calls are long"
)]

mod calls;
mod cases;
mod payloads;
mod server;
mod ways;
