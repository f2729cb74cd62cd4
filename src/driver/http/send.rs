//! Sends a request, again where that is safe, and records every attempt.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use tokio::time::Instant;
use uuid::Uuid;

use super::client::HttpClients;
use super::error::{ERROR_BODY_BYTES_MAX, HttpError, Refusal, chain};
use super::ours::is_ours;
use super::reply::{Patience, Reply};
use super::request::Ask;
use super::retry::{Miss, pause};
use super::trail::Trail;
use crate::call::Provider;
use crate::driver::{CallContext, DriverError};

/// HTTP for one provider's driver.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    provider: Provider,
    clients: HttpClients,
}

/// One failed attempt.
enum Missed {
    NotConnected(HttpError),
    Lost(HttpError),
    Refused(Box<Refusal>),
    /// Nothing to try again: the fault is ours, or the time is used up.
    Final(HttpError),
}

impl Http {
    /// HTTP that records its exchanges under this provider's name.
    pub(crate) fn new(provider: Provider, clients: HttpClients) -> Self {
        Self { provider, clients }
    }

    /// A time limit, or that of the clients if theirs is shorter.
    pub(crate) fn within(&self, limit: Duration) -> Duration {
        self.clients.limit().map_or(limit, |least| least.min(limit))
    }

    /// Sends a request until it succeeds or must not be sent again.
    pub(crate) async fn send(&self, ask: &Ask, cx: &CallContext) -> Result<Reply, HttpError> {
        let total = match ask.total {
            Some(total) => Some(self.within(total)),
            None => self.clients.limit(),
        };
        let patience = Patience {
            deadline: total.map(|total| Instant::now() + total),
            idle: self.within(ask.idle),
        };
        let mut attempt = 1;
        loop {
            let missed = match self.attempt(ask, attempt, patience, cx).await {
                Ok(reply) => return Ok(reply),
                Err(missed) => missed,
            };
            let wait = match &missed {
                Missed::NotConnected(_) => again(ask, attempt, Miss::NotConnected),
                Missed::Lost(_) => again(ask, attempt, Miss::Lost),
                Missed::Refused(refusal) => again(
                    ask,
                    attempt,
                    Miss::Status {
                        status: refusal.status,
                        headers: &refusal.headers,
                        settled: ask
                            .settled
                            .is_some_and(|words| refusal.body.contains(words)),
                    },
                ),
                Missed::Final(_) => None,
            };
            let in_time = wait.filter(|wait| {
                patience
                    .deadline
                    .is_none_or(|deadline| Instant::now() + *wait < deadline)
            });
            let Some(wait) = in_time else {
                return Err(missed.into());
            };
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        ask: &Ask,
        attempt: u32,
        patience: Patience,
        cx: &CallContext,
    ) -> Result<Reply, Missed> {
        let client = self
            .clients
            .for_url(&ask.url)
            .map_err(|error| Missed::Final(error.into()))?;
        let mut trail = Trail::begin(self.provider, ask, attempt, cx);
        let response = match patience.wait(ask.build(&client).send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let words = reach_words(ask, &error);
                trail.end(Some(words.clone()));
                let words = cx.blobs.redactor().text(&words);
                let lost = if is_ours(&error) {
                    HttpError::Ours(DriverError::Harness(words.clone()))
                } else {
                    HttpError::Lost(words.clone())
                };
                return Err(if error.is_builder() {
                    Missed::Final(HttpError::Unusable(words))
                } else if error.is_connect() {
                    Missed::NotConnected(lost)
                } else {
                    Missed::Lost(lost)
                });
            }
            Err(error) => {
                trail.end(Some("no answer in time".to_owned()));
                return Err(Missed::Final(error));
            }
        };
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        trail.answered(status, &headers);
        let mut reply = Reply {
            status,
            headers,
            response,
            trail,
            patience,
            redactor: cx.blobs.redactor().clone(),
        };
        if (200..300).contains(&status) {
            let encoding = reply.header("content-encoding");
            if is_unasked(ask, &encoding) {
                let words = format!("the answer is encoded as `{encoding}`, unasked");
                return Err(Missed::Final(reply.unusable(words)));
            }
            return Ok(reply);
        }
        Err(Missed::Refused(Box::new(
            refusal(ask.op, reply, attempt).await,
        )))
    }
}

impl From<Missed> for HttpError {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::NotConnected(error) | Missed::Lost(error) | Missed::Final(error) => error,
            Missed::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

/// Reads what there is of an error body. One that breaks off still has its status.
async fn refusal(op: &'static str, mut reply: Reply, attempt: u32) -> Refusal {
    let mut body: Vec<u8> = Vec::new();
    while body.len() < ERROR_BODY_BYTES_MAX {
        let read: Option<Bytes> = match reply.patience.wait(reply.response.chunk()).await {
            Ok(Ok(read)) => read,
            Ok(Err(_)) | Err(_) => None,
        };
        let Some(bytes) = read else { break };
        reply.trail.received(bytes.len());
        let room = ERROR_BODY_BYTES_MAX - body.len();
        body.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
    let body = if body.len() < ERROR_BODY_BYTES_MAX {
        reply.redactor.bytes(&body)
    } else {
        reply.redactor.beginning(&body)
    };
    let body = String::from_utf8_lossy(&body).into_owned();
    reply.trail.error_body(&body);
    reply.trail.end(None);
    Refusal {
        op,
        status: reply.status,
        headers: std::mem::replace(&mut reply.headers, HeaderMap::new()),
        body,
        attempt,
    }
}

/// Whether an answer is encoded in a way that was not asked for: nobody would decode it.
fn is_unasked(ask: &Ask, encoding: &str) -> bool {
    let accepted = ask.headers.get("accept-encoding");
    let accepted = accepted
        .and_then(|value| value.to_str().ok())
        .unwrap_or("identity");
    !encoding.is_empty()
        && !encoding.eq_ignore_ascii_case("identity")
        && !accepted
            .split(',')
            .any(|one| one.trim().eq_ignore_ascii_case(encoding))
}

fn again(ask: &Ask, attempt: u32, miss: Miss<'_>) -> Option<Duration> {
    let jitter = f64::from(Uuid::new_v4().as_bytes()[0]) / 256.0;
    pause(attempt, ask.retry, miss, jitter)
}

fn reach_words(ask: &Ask, error: &reqwest::Error) -> String {
    let host = ask.url.host_str().unwrap_or("?");
    let port = ask.url.port_or_known_default().unwrap_or_default();
    format!("{host}:{port} gave no answer: {}", chain(error))
}
