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

/// What stands as the error of an exchange whose answer nobody waited for any more.
pub const GIVEN_UP: &str = "given up before the answer was read";

impl Exchange {
    /// Whether the provider did not do its work: no usable answer, 429 or 5xx. An answer that we
    /// did not wait for says nothing of the provider; its status may, if it came.
    pub fn is_failure(&self) -> bool {
        let refused = |status: u16| status == 429 || status >= 500;
        match (self.error.as_deref(), self.status) {
            (Some(GIVEN_UP), status) => status.is_some_and(refused),
            (Some(_), _) | (None, None) => true,
            (None, Some(status)) => refused(status),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_gave_up_is_no_failure_of_the_provider() {
        let exchange = |status, error: Option<&str>| Exchange {
            at: Timestamp::UNIX_EPOCH,
            provider: Provider::E2b,
            operation: "start_background".to_owned(),
            method: "POST".to_owned(),
            url: "http://x/".to_owned(),
            attempt: 1,
            status,
            duration_ms: 1,
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            sandbox: None,
            request_bytes: 0,
            response_bytes: 0,
            error_body: None,
            error: error.map(str::to_owned),
        };
        for (status, error, fails) in [
            (Some(200), None, false),
            (Some(404), None, false),
            (Some(429), None, true),
            (Some(503), None, true),
            (None, None, true),
            (Some(200), Some("the answer broke off"), true),
            (Some(200), Some(GIVEN_UP), false),
            (None, Some(GIVEN_UP), false),
            (Some(503), Some(GIVEN_UP), true),
        ] {
            assert_eq!(
                exchange(status, error).is_failure(),
                fails,
                "{status:?} {error:?}"
            );
        }
    }
}
