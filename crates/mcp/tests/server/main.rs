//! The server in this process, in front of a scripted platform: recorded answers, fixes, trouble.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what went wrong by failing"
)]

mod bench;
mod client;
mod direct;
mod e2b;
mod fixes;
mod hostile;
mod http;
mod listed;
mod recorded;
mod replay;
mod trouble;
mod upload;
mod upstream;
