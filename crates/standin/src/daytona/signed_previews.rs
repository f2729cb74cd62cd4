//! Signed addresses: a token in place of the id opens one port for a while (contract 1.5).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Addresses that hold at once: a client that asks without end must not fill the memory. The
/// oldest to expire goes first.
const HELD_MAX: usize = 10_000;

/// The signed addresses of a stand-in.
#[derive(Debug, Default)]
pub(super) struct SignedPreviews {
    by_token: Mutex<HashMap<String, Signed>>,
}

#[derive(Debug)]
struct Signed {
    port: u16,
    sandbox: String,
    until: Timestamp,
}

impl SignedPreviews {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Signed>> {
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an address.
    pub(super) fn add(
        &self,
        token: String,
        (port, sandbox): (u16, String),
        now: Timestamp,
        seconds: i64,
    ) {
        let until = now.saturating_add(SignedDuration::from_secs(seconds));
        let until = until.unwrap_or(Timestamp::MAX);
        let mut held = self.lock();
        held.retain(|_, signed| signed.until > now);
        if held.len() >= HELD_MAX {
            let first = held.iter().min_by_key(|(_, signed)| signed.until);
            let first = first.map(|(token, _)| token.clone());
            first.and_then(|token| held.remove(&token));
        }
        let signed = Signed {
            port,
            sandbox,
            until,
        };
        held.insert(token, signed);
    }

    /// The sandbox that a token opens a port of.
    pub(super) fn sandbox(&self, token: &str, port: u16, now: Timestamp) -> Option<String> {
        let held = self.lock();
        let signed = held.get(token)?;
        (signed.port == port && signed.until > now).then(|| signed.sandbox.clone())
    }

    /// Ends an address before its time. One that is not there is as good.
    pub(super) fn expire(&self, token: &str, port: u16, sandbox: &str) {
        let mut held = self.lock();
        let same = |signed: &Signed| signed.port == port && signed.sandbox == sandbox;
        if held.get(token).is_some_and(same) {
            held.remove(token);
        }
    }
}
