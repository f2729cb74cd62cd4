//! One HTTP exchange of a driver with a provider, redacted, as evidence.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::Provider;

/// A request and what came back for it. Secrets are already placeholders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// When the request was sent, UTC.
    pub at: Timestamp,
    /// The provider asked.
    pub provider: Provider,
    /// The driver's operation, e.g. `create`, `execute`.
    pub operation: String,
    /// HTTP method.
    pub method: String,
    /// URL.
    pub url: String,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// Status, if an answer came.
    pub status: Option<u16>,
    /// Time until the answer was read or the try failed, in milliseconds.
    pub duration_ms: u64,
    /// Request headers worth keeping.
    pub request_headers: Vec<(String, String)>,
    /// Answer headers: request ids, versions, retry and rate-limit ones.
    pub response_headers: Vec<(String, String)>,
    /// The sandbox it was about.
    pub sandbox: Option<String>,
    /// Bytes sent in the body.
    pub request_bytes: u64,
    /// Bytes received in the body.
    pub response_bytes: u64,
    /// The beginning of a body that was an error, at most 2 KiB.
    pub error_body: Option<String>,
    /// Why no answer came, or why it could not be used.
    pub error: Option<String>,
}

/// Takes exchanges as they happen.
pub trait ExchangeSink: Send + Sync + fmt::Debug {
    /// Keeps one exchange. Must not block for long.
    fn record(&self, exchange: Exchange);
}

/// A sink that keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSink;

impl ExchangeSink for NoSink {
    fn record(&self, _exchange: Exchange) {}
}
