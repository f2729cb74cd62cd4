//! What a driver asks for.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use url::Url;

use super::retry::Retry;
use crate::driver::DriverError;

/// Time for a call that should answer at once; both SDKs' request timeout.
pub(crate) const UNARY_TIMEOUT: Duration = Duration::from_secs(60);

/// A body that may be sent more than once.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    /// No body.
    Empty,
    /// Bytes of a content type.
    Raw(&'static str, Bytes),
    /// One file as the form fields `files[0].path` and `files[0].file`.
    Upload {
        /// Where the file goes.
        path: String,
        /// Its content.
        data: Bytes,
    },
}

/// One request and what may be done with it.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// The driver's operation, for the evidence.
    pub(crate) op: &'static str,
    /// Method.
    pub(crate) method: Method,
    /// Whole URL with its query.
    pub(crate) url: Url,
    /// Headers; never recorded unless named in `trail`.
    pub(crate) headers: HeaderMap,
    /// Body.
    pub(crate) payload: Payload,
    /// The sandbox that it is about.
    pub(crate) sandbox: Option<String>,
    /// When it may be sent again.
    pub(crate) retry: Retry,
    /// Words in an error body that settle the matter, so that it is not sent again.
    pub(crate) settled: Option<&'static str>,
    /// Time for all attempts together; `None` for a stream that lives as long as its process.
    pub(crate) total: Option<Duration>,
    /// Longest silence while waiting for the answer or its next piece.
    pub(crate) idle: Duration,
}

impl Ask {
    /// A request without headers or body that may be sent again when that is safe.
    pub(crate) fn new(op: &'static str, method: Method, url: Url) -> Self {
        Self {
            op,
            retry: if method == Method::POST {
                Retry::Unsent
            } else {
                Retry::Safe
            },
            method,
            url,
            headers: HeaderMap::new(),
            payload: Payload::Empty,
            sandbox: None,
            settled: None,
            total: Some(UNARY_TIMEOUT),
            idle: UNARY_TIMEOUT,
        }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Result<Self, DriverError> {
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            DriverError::Harness(format!(
                "the value for the header `{name}` has characters that HTTP does not allow"
            ))
        })?;
        value.set_sensitive(true);
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(self)
    }

    /// Sets a JSON body.
    pub(crate) fn json(mut self, body: &Value) -> Self {
        let text = Bytes::from(body.to_string());
        self.payload = Payload::Raw("application/json", text);
        self
    }

    /// Sets a body.
    pub(crate) fn payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }

    /// Says which sandbox it is about.
    pub(crate) fn sandbox(mut self, id: &str) -> Self {
        self.sandbox = Some(id.to_owned());
        self
    }

    /// Says when it may be sent again.
    pub(crate) fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Sets the time limits.
    pub(crate) fn limits(mut self, total: Option<Duration>, idle: Duration) -> Self {
        self.total = total;
        self.idle = idle;
        self
    }

    /// Length of the content that is sent.
    pub(crate) fn payload_len(&self) -> u64 {
        match &self.payload {
            Payload::Empty => 0,
            Payload::Raw(_, bytes) | Payload::Upload { data: bytes, .. } => bytes.len() as u64,
        }
    }

    /// The request for one attempt.
    pub(crate) fn build(&self, client: &reqwest::Client) -> RequestBuilder {
        let request = client
            .request(self.method.clone(), self.url.clone())
            .headers(self.headers.clone());
        match &self.payload {
            // Gateways answer 411 to a POST that does not say that it has no body.
            Payload::Empty if self.method == Method::POST => request.header("content-length", "0"),
            Payload::Empty => request,
            Payload::Raw(content_type, bytes) => request
                .header("content-type", *content_type)
                .body(bytes.clone()),
            Payload::Upload { path, data } => {
                let file = Part::stream_with_length(data.clone(), data.len() as u64)
                    .file_name("content")
                    .headers(octet_stream());
                // The field names have brackets, which must arrive as they are.
                let form = Form::new()
                    .percent_encode_noop()
                    .text("files[0].path", path.clone())
                    .part("files[0].file", file);
                request.multipart(form)
            }
        }
    }
}

fn octet_stream() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        reqwest::header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers
}
