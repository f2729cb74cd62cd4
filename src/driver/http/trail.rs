//! One attempt's evidence, recorded once, whatever becomes of the attempt.

use std::time::Instant;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

use super::request::Ask;
use crate::call::Provider;
use crate::driver::CallContext;
use crate::transcript::Exchange;
use crate::transcript::exchange::GIVEN_UP;

/// Bytes of an error body that are kept as evidence (`Exchange::error_body`).
const ERROR_BODY_KEPT: usize = 2048;

/// Request headers that are kept; all others, keys among them, are not even looked at.
const REQUEST_KEPT: [&str; 5] = [
    "connect-timeout-ms",
    "e2b-sandbox-id",
    "idempotency-key",
    "keepalive-ping-interval",
    "x-daytona-sdk-version",
];

/// Beginnings of the names of answer headers that are kept.
const RESPONSE_KEPT: [&str; 14] = [
    "cf-ray",
    "content-length",
    "content-type",
    "date",
    "ratelimit-",
    "retry-after",
    "server",
    "should-retry",
    "traceparent",
    "x-daytona-",
    "x-envd-version",
    "x-ratelimit-",
    "x-request-id",
    "x-trace-id",
];

/// An exchange under way. Dropping it records what is known, so that a call that was given up
/// leaves its evidence too.
#[derive(Debug)]
pub(crate) struct Trail {
    cx: CallContext,
    started: Instant,
    exchange: Option<Exchange>,
}

impl Trail {
    /// Begins the evidence of an attempt.
    pub(crate) fn begin(provider: Provider, ask: &Ask, attempt: u32, cx: &CallContext) -> Self {
        let redactor = cx.blobs.redactor();
        let exchange = Exchange {
            at: Timestamp::now(),
            provider,
            operation: ask.op.to_owned(),
            method: ask.method.to_string(),
            url: redactor.text(ask.url.as_str()),
            attempt,
            status: None,
            duration_ms: 0,
            request_headers: kept(&ask.headers, cx, |name| REQUEST_KEPT.contains(&name)),
            response_headers: Vec::new(),
            sandbox: ask.sandbox.clone(),
            request_bytes: ask.payload_len(),
            response_bytes: 0,
            error_body: None,
            error: Some(GIVEN_UP.to_owned()),
        };
        Self {
            cx: cx.clone(),
            started: Instant::now(),
            exchange: Some(exchange),
        }
    }

    /// Notes that an answer came.
    pub(crate) fn answered(&mut self, status: u16, headers: &HeaderMap) {
        let kept = kept(headers, &self.cx, |name| {
            RESPONSE_KEPT.iter().any(|start| name.starts_with(start))
        });
        if let Some(exchange) = &mut self.exchange {
            exchange.status = Some(status);
            exchange.response_headers = kept;
        }
    }

    /// Notes bytes of the body.
    pub(crate) fn received(&mut self, bytes: usize) {
        if let Some(exchange) = &mut self.exchange {
            exchange.response_bytes += bytes as u64;
        }
    }

    /// Notes the body of an error, redacted by the caller.
    pub(crate) fn error_body(&mut self, body: &str) {
        if let Some(exchange) = &mut self.exchange {
            let mut end = body.len().min(ERROR_BODY_KEPT);
            while !body.is_char_boundary(end) {
                end -= 1;
            }
            exchange.error_body = Some(body[..end].to_owned());
        }
    }

    /// Ends the evidence: with `None` when the answer was read as far as it was wanted.
    pub(crate) fn end(&mut self, error: Option<String>) {
        if let Some(mut exchange) = self.exchange.take() {
            let error = error.map(|text| self.cx.blobs.redactor().text(&text));
            exchange.error = error;
            exchange.duration_ms = self.millis();
            self.cx.exchanges.record(exchange);
        }
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        if let Some(mut exchange) = self.exchange.take() {
            exchange.duration_ms = self.millis();
            self.cx.exchanges.record(exchange);
        }
    }
}

fn kept(
    headers: &HeaderMap,
    cx: &CallContext,
    wanted: impl Fn(&str) -> bool,
) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| wanted(name.as_str()))
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), cx.blobs.redactor().text(&text))
        })
        .collect()
}
