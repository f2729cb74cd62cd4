//! A successful answer, read piece by piece within its limits.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use cutover_base::redact::Redactor;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::error::{HttpError, chain, cut, is_html, is_json};
use super::ours::is_ours;
use super::trail::Trail;
use crate::driver::DriverError;

/// Bytes of a JSON answer that is read whole. The largest are listings of directories; what has
/// no such bound (output, logs, files) is streamed instead.
const JSON_BYTES_MAX: usize = 16 * 1024 * 1024;

/// When to stop waiting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// End of all attempts together.
    pub(crate) deadline: Option<Instant>,
    /// Longest silence.
    pub(crate) idle: Duration,
}

impl Patience {
    /// Waits for something, within the limits.
    pub(crate) async fn wait<T>(&self, what: impl Future<Output = T>) -> Result<T, HttpError> {
        let idle = Instant::now() + self.idle;
        let until = self.deadline.map_or(idle, |deadline| deadline.min(idle));
        tokio::time::timeout_at(until, what).await.map_err(|_| {
            HttpError::Lost(format!(
                "no answer in time (silence of at most {:?} is allowed)",
                self.idle
            ))
        })
    }
}

/// An answer with a status of success.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Status.
    pub(crate) status: u16,
    /// Headers.
    pub(crate) headers: HeaderMap,
    pub(super) response: reqwest::Response,
    pub(super) trail: Trail,
    pub(super) patience: Patience,
    pub(super) redactor: Redactor,
}

impl Reply {
    /// Ends the evidence of an answer whose rest is not wanted.
    pub(crate) fn done(&mut self) {
        self.trail.end(None);
    }

    /// Ends the evidence of an answer that cannot be used, and gives the error on.
    pub(crate) fn broken(&mut self, error: HttpError) -> HttpError {
        let words = match &error {
            HttpError::Lost(words) | HttpError::Unusable(words) => words.clone(),
            HttpError::Refused(refusal) => refusal.message(),
            HttpError::Ours(error) => error.to_string(),
        };
        self.trail.end(Some(words));
        error
    }

    /// A header's value, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    }

    /// The provider's words without secrets.
    pub(crate) fn redact(&self, words: &str) -> String {
        self.redactor.text(words)
    }

    /// An answer that the contract does not allow.
    pub(crate) fn unusable(&mut self, words: impl Into<String>) -> HttpError {
        self.broken(HttpError::Unusable(words.into()))
    }

    /// Refuses a status of success that the route does not have: it is somebody else's.
    pub(crate) fn of_status(mut self, own: &[u16]) -> Result<Self, HttpError> {
        if own.contains(&self.status) {
            return Ok(self);
        }
        let words = format!("HTTP {}, which this route does not answer", self.status);
        Err(self.unusable(words))
    }

    /// Reads an answer whose success is its status alone: it has no body and, where it could have
    /// one, says of none what it is.
    pub(crate) async fn empty(mut self) -> Result<(), HttpError> {
        let content_type = self.header("content-type");
        if self.status != 204 && !content_type.is_empty() {
            let words = format!("`{}` came where no body is due", cut(&content_type));
            return Err(self.unusable(words));
        }
        while let Some(bytes) = self.chunk_open().await? {
            if !bytes.is_empty() {
                let text = self.redactor.text(&String::from_utf8_lossy(&bytes));
                let words = format!("a body came where none is due: {}", cut(&text));
                return Err(self.unusable(words));
            }
        }
        self.done();
        Ok(())
    }

    /// The whole body, at most `max` bytes.
    pub(crate) async fn whole(&mut self, max: usize) -> Result<Vec<u8>, HttpError> {
        let mut body = Vec::new();
        while let Some(bytes) = self.chunk_open().await? {
            if body.len() + bytes.len() > max {
                return Err(self.unusable(format!("the answer is larger than {max} bytes")));
            }
            body.extend_from_slice(&bytes);
        }
        Ok(body)
    }

    /// The body as JSON of this type.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T, HttpError> {
        self.told_json()?.json_untold().await
    }

    /// The body as a JSON object of this type. A list of its values would be read as one too.
    pub(crate) async fn object<T: DeserializeOwned>(self) -> Result<T, HttpError> {
        self.told_json()?.parsed(true).await
    }

    /// Like `json`, for a route that does not say that it answers JSON.
    pub(crate) async fn json_untold<T: DeserializeOwned>(self) -> Result<T, HttpError> {
        self.parsed(false).await
    }

    /// Refuses an answer that does not say that it is JSON.
    pub(crate) fn told_json(mut self) -> Result<Self, HttpError> {
        let content_type = self.header("content-type");
        if is_json(&content_type) {
            return Ok(self);
        }
        let words = if content_type.contains("html") {
            "an HTML page came where JSON was due".to_owned()
        } else {
            format!("`{}` came where JSON was due", cut(&content_type))
        };
        Err(self.unusable(words))
    }

    async fn parsed<T: DeserializeOwned>(mut self, is_object: bool) -> Result<T, HttpError> {
        let body = self.whole(JSON_BYTES_MAX).await?;
        if is_object && !body.trim_ascii_start().starts_with(b"{") {
            let text = self.redactor.text(&String::from_utf8_lossy(&body));
            let words = format!("no JSON object came where one was due: {}", cut(&text));
            return Err(self.unusable(words));
        }
        match serde_json::from_slice(&body) {
            Ok(value) => {
                self.done();
                Ok(value)
            }
            Err(error) => {
                let text = self.redactor.text(&String::from_utf8_lossy(&body));
                let what = if is_html(&text) {
                    format!("an HTML page came where JSON was due: {}", cut(&text))
                } else {
                    format!(
                        "the answer is not the JSON of the contract ({error}): {}",
                        cut(&text)
                    )
                };
                Err(self.unusable(what))
            }
        }
    }

    /// The next piece of the body, or `None` at its end, which leaves the evidence open for a verdict
    /// on the whole body.
    pub(crate) async fn chunk_open(&mut self) -> Result<Option<Bytes>, HttpError> {
        match self.patience.wait(self.response.chunk()).await {
            Ok(Ok(read)) => {
                if let Some(bytes) = &read {
                    self.trail.received(bytes.len());
                }
                Ok(read)
            }
            Ok(Err(error)) => {
                let error = error.without_url();
                let words = format!("the answer broke off: {}", chain(&error));
                Err(self.broken(if is_ours(&error) {
                    HttpError::Ours(DriverError::Harness(words))
                } else {
                    HttpError::Lost(words)
                }))
            }
            Err(error) => Err(self.broken(error)),
        }
    }
}
