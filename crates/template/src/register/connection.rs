//! How a provider is reached, and its plain requests and answers.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::register::error::RegisterError;

/// Bytes of an answer that are read.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Characters of an answer that a message repeats.
const TOLD_CHARS_MAX: usize = 500;

/// How often a question is asked before its failure counts.
const TRIES: u32 = 4;

/// The longest that a server's wish to be left alone is followed.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// Gives the client for an address, or why there is none.
pub type Clients = Arc<dyn Fn(&Url) -> Result<Client, String> + Send + Sync>;

/// How long is waited for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two looks at a build.
    pub poll: Duration,
    /// Before a question is asked again; doubled each time.
    pub retry: Duration,
    /// For one answer.
    pub answer: Duration,
    /// For one upload; the SDKs'.
    pub upload: Duration,
    /// For more of a log once its build has ended.
    pub silence: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            retry: Duration::from_secs(1),
            answer: Duration::from_secs(60),
            upload: Duration::from_secs(3600),
            silence: Duration::from_secs(2),
        }
    }
}

/// A provider's control plane.
#[derive(Clone)]
pub struct Connection {
    /// Its base URL.
    pub api: Url,
    /// What proves who asks.
    pub headers: HeaderMap,
    /// Who makes the clients.
    pub clients: Clients,
    /// How long is waited for what.
    pub pace: Pace,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// An answer of any status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl Connection {
    /// An address below the base; segments are percent-encoded.
    pub(crate) fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.api.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// The client for an address.
    pub(crate) fn client(&self, url: &Url) -> Result<Client, RegisterError> {
        (self.clients)(url).map_err(RegisterError::failed)
    }

    /// Asks for something, again where the failure may pass.
    pub(crate) async fn get(&self, what: &str, url: Url) -> Result<Answer, RegisterError> {
        let mut wait = self.pace.retry;
        for _ in 1..TRIES {
            match self.send_once(what, Method::GET, url.clone(), None).await {
                Ok(answer) if !answer.may_pass() => return Ok(answer),
                Ok(answer) => wait = answer.retry_after.unwrap_or(wait).max(wait),
                Err(RegisterError::Refused(why)) => return Err(RegisterError::Refused(why)),
                Err(RegisterError::Failed(_)) => {}
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(RETRY_AFTER_MAX);
        }
        self.send_once(what, Method::GET, url, None).await
    }

    /// Sends something once: whether a second one would do it twice is not ours to know.
    pub(crate) async fn send_once(
        &self,
        what: &str,
        method: Method,
        url: Url,
        body: Option<&Value>,
    ) -> Result<Answer, RegisterError> {
        let client = self.client(&url)?;
        let mut request = client
            .request(method, url)
            .headers(self.headers.clone())
            .header("accept", "application/json")
            .timeout(self.pace.answer);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        answered(what, request).await
    }
}

/// Sends a request and reads its answer.
pub(crate) async fn answered(what: &str, request: RequestBuilder) -> Result<Answer, RegisterError> {
    let lost = |error: reqwest::Error| RegisterError::failed(format!("{what}: {}", told(error)));
    let mut response = request.send().await.map_err(lost)?;
    let status = response.status().as_u16();
    let retry_after = retry_after(&response);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            let message = format!("{what}: the answer has more than {BODY_BYTES_MAX} bytes");
            return Err(RegisterError::failed(message));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        retry_after,
        body,
    })
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let seconds = seconds.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// An error of the client with its causes, without the address, which may hold a signature.
pub(crate) fn told(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

impl Answer {
    /// Whether the same question may be answered otherwise soon.
    pub(crate) const fn may_pass(&self) -> bool {
        matches!(self.status, 429 | 502 | 503 | 504)
    }

    pub(crate) const fn is_ok(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// What it says, read as JSON.
    pub(crate) fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, RegisterError> {
        if !self.is_ok() {
            return Err(self.refusal(what));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let message = format!("{what}: the answer cannot be read: {error}");
            RegisterError::failed(message)
        })
    }

    /// That it is no success, as an error.
    pub(crate) fn refusal(&self, what: &str) -> RegisterError {
        RegisterError::failed(format!("{what}: HTTP {}: {}", self.status, self.message()))
    }

    /// The message in its body, or the beginning of this.
    pub(crate) fn message(&self) -> String {
        let value: Option<Value> = serde_json::from_slice(&self.body).ok();
        let message = value.as_ref().and_then(|it| it.get("message")?.as_str());
        let text = match (message, xml(&self.body)) {
            (Some(message), _) => message.to_owned(),
            (None, Some((code, message))) => format!("{code}: {message}"),
            (None, None) => String::from_utf8_lossy(&self.body).trim().to_owned(),
        };
        if text.is_empty() {
            return "no reason given".to_owned();
        }
        text.chars().take(TOLD_CHARS_MAX).collect()
    }

    /// The code of an error of S3.
    pub(crate) fn code(&self) -> Option<String> {
        xml(&self.body).map(|(code, _)| code)
    }
}

/// Code and message of an error of S3.
fn xml(body: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(body).ok()?;
    let inside = |tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        let (value, _) = rest.split_once(&format!("</{tag}>"))?;
        Some(value.to_owned())
    };
    Some((inside("Code")?, inside("Message").unwrap_or_default()))
}
