//! What passes between an SDK and its provider, for whoever wants to know.

use std::time::Duration;

use bytes::Bytes;

/// Told of every exchange when it has ended.
pub trait Observer: Send + Sync + std::fmt::Debug {
    /// An exchange has ended.
    fn note(&self, exchange: Exchange);
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ignore;

impl Observer for Ignore {
    fn note(&self, _: Exchange) {}
}

/// One request and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// `e2b` or `daytona`.
    pub provider: &'static str,
    /// What was asked for, in a word: `create`, `info`, `list`, `execute`, `read`, `write`, `stat`,
    /// `extend`, `destroy`.
    pub operation: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The URL. No secret is in it.
    pub url: String,
    /// The provider's id of the sandbox; none before there is one.
    pub sandbox_id: Option<String>,
    /// What came.
    pub answer: Answer,
    /// From the first byte sent to the last byte read, or to the failure.
    pub took: Duration,
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// All of an answer came.
    Whole {
        /// The status.
        status: u16,
        /// The beginning of the body where the status or the route tells an error, at most 64 KiB;
        /// else empty.
        body: Bytes,
    },
    /// A stream ended with an error of its own, after a status of success.
    StreamError {
        /// The Connect code: `unavailable`.
        code: String,
        /// The words beside it.
        message: String,
    },
    /// No answer came, or it broke off, or it took too long.
    Broken {
        /// The status, where there was one.
        status: Option<u16>,
        /// Why.
        reason: String,
    },
}
