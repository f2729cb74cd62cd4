//! `Idempotency-Key`: a create that is asked for again is not done again (contract 1.1).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::e2b::error::ControlError;

/// Keys remembered; the oldest is forgotten first.
const KEYS_MAX: usize = 1000;

/// How long a key is remembered. The provider does not say; a day is usual.
const RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// The keys of creates, and what came of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdempotencyKeys {
    inner: Arc<Mutex<VecDeque<Entry>>>,
}

#[derive(Debug)]
struct Entry {
    key: String,
    digest: [u8; 32],
    at: Timestamp,
    outcome: Option<Value>,
}

/// What a key means for a request.
#[derive(Debug)]
pub(crate) enum Claim {
    /// Nobody has used it: do it, and tell what came of it.
    New(Claimed),
    /// It was done: this is the answer.
    Done(Value),
}

/// A key whose request is being done. Dropped without an outcome, it is free again: what failed
/// may be asked for again.
#[derive(Debug)]
pub(crate) struct Claimed {
    keys: IdempotencyKeys,
    key: String,
}

/// The key of a request, if it has one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<&str>, ControlError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let text = value.to_str().unwrap_or_default();
    if (1..=255).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(Some(text));
    }
    Err(ControlError::validation(
        "parameter \"Idempotency-Key\" in header has an error: string doesn't match the regular \
         expression \"^[a-z0-9-]{1,255}$\"",
    ))
}

impl IdempotencyKeys {
    /// Claims a key for a request with this body.
    pub(crate) fn claim(
        &self,
        key: &str,
        digest: [u8; 32],
        now: Timestamp,
    ) -> Result<Claim, ControlError> {
        let mut entries = self.lock();
        entries.retain(|entry| now.duration_since(entry.at) < RETENTION);
        if let Some(entry) = entries.iter().find(|entry| entry.key == key) {
            if entry.digest != digest {
                let text = "Idempotency key was already used with a different request";
                let error = ControlError::new(StatusCode::UNPROCESSABLE_ENTITY, text);
                return Err(error.coded("idempotency_request_mismatch"));
            }
            return entry.outcome.clone().map(Claim::Done).ok_or_else(|| {
                let text = "A request with this idempotency key is still in progress";
                ControlError::conflict(text).coded("idempotency_in_progress")
            });
        }
        if entries.len() == KEYS_MAX {
            entries.pop_front();
        }
        entries.push_back(Entry {
            key: key.to_owned(),
            digest,
            at: now,
            outcome: None,
        });
        Ok(Claim::New(Claimed {
            keys: self.clone(),
            key: key.to_owned(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claimed {
    /// Remembers the answer.
    pub(crate) fn done(self, outcome: &Value) {
        let mut entries = self.keys.lock();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.key == self.key) {
            entry.outcome = Some(outcome.clone());
        }
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        let mut entries = self.keys.lock();
        entries.retain(|entry| entry.key != self.key || entry.outcome.is_some());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_in_progress_then_done_and_bound_to_its_request() {
        let keys = IdempotencyKeys::default();
        let now = Timestamp::UNIX_EPOCH;
        let claim = |digest| keys.claim("k", [digest; 32], now);
        let code = |outcome: Result<Claim, ControlError>| outcome.unwrap_err().error_code.unwrap();
        let Claim::New(claimed) = claim(1).unwrap() else {
            panic!("not new");
        };
        assert_eq!(code(claim(1)), "idempotency_in_progress");
        assert_eq!(code(claim(2)), "idempotency_request_mismatch");
        drop(claimed);
        let Claim::New(claimed) = claim(1).unwrap() else {
            panic!("what failed may be tried again");
        };
        claimed.done(&json!(7));
        assert!(matches!(claim(1), Ok(Claim::Done(value)) if value == json!(7)));
        let later = now + RETENTION;
        assert!(matches!(keys.claim("k", [2; 32], later), Ok(Claim::New(_))));
    }

    #[test]
    fn only_the_providers_shape_is_a_key() {
        for (text, fits) in [("a-0", true), ("", false), ("A", false), ("a_b", false)] {
            let headers =
                HeaderMap::from_iter([("idempotency-key".parse().unwrap(), text.parse().unwrap())]);
            assert_eq!(key(&headers).is_ok(), fits, "{text}");
        }
        assert!(key(&HeaderMap::new()).unwrap().is_none());
    }
}
