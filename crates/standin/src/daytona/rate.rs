//! How often a key may ask (contract 7.3): counted per minute of the stand-in's clock.

use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use jiff::Timestamp;

/// Seconds of a window.
const WINDOW_S: i64 = 60;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bucket {
    Create,
    Lifecycle,
    General,
}

impl Bucket {
    /// The bucket of a request below `/api`.
    pub(super) fn of(method: &Method, segments: &[&str]) -> Self {
        match (method.as_str(), segments) {
            ("POST", ["sandbox"] | ["sandbox", _, "fork"]) => Self::Create,
            ("DELETE", ["sandbox", _])
            | (
                "POST",
                [
                    "sandbox",
                    _,
                    "start" | "stop" | "resize" | "archive" | "recover" | "pause",
                ],
            ) => Self::Lifecycle,
            _ => Self::General,
        }
    }

    /// Requests a minute of the highest tier, as the quotas are the highest tier's.
    pub(super) const fn limit(self) -> u32 {
        match self {
            Self::Create => 600,
            Self::Lifecycle | Self::General => 50_000,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Create => "sandbox-create",
            Self::Lifecycle => "sandbox-lifecycle",
            Self::General => "authenticated",
        }
    }
}

/// What is left of a bucket after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    bucket: Bucket,
    remaining: u32,
    reset_s: i64,
    /// Whether the request is one too many.
    pub(super) exceeded: bool,
}

/// The counts of the present minute.
#[derive(Debug, Default)]
pub(super) struct Rates {
    counts: Mutex<[(i64, u32); 3]>,
}

impl Rates {
    /// Counts a request.
    pub(super) fn count(&self, bucket: Bucket, now: Timestamp) -> Left {
        let window = now.as_second().div_euclid(WINDOW_S);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, count) = &mut counts[bucket as usize];
        if *of != window {
            (*of, *count) = (window, 0);
        }
        *count = count.saturating_add(1);
        Left {
            bucket,
            remaining: bucket.limit().saturating_sub(*count),
            reset_s: WINDOW_S - now.as_second().rem_euclid(WINDOW_S),
            // The stand-in is there to be asked, also by load tests: of what only reads and talks
            // to a sandbox it counts and tells, and refuses none. `--fault 429` does.
            exceeded: bucket != Bucket::General && *count > bucket.limit(),
        }
    }
}

impl Left {
    /// Tells a client.
    pub(super) fn tell(self, response: &mut Response) {
        let name = self.bucket.name();
        let mut set = |what: &str, value: i64| {
            let header = HeaderName::try_from(format!("{what}-{name}"));
            if let Ok(header) = header {
                response
                    .headers_mut()
                    .insert(header, HeaderValue::from(value));
            }
        };
        set("x-ratelimit-limit", i64::from(self.bucket.limit()));
        set("x-ratelimit-remaining", i64::from(self.remaining));
        set("x-ratelimit-reset", self.reset_s);
        if self.exceeded {
            set("retry-after", self.reset_s);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_its_limit_and_the_next_one_its_own() {
        let rates = Rates::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        for n in 0..600 {
            let left = rates.count(Bucket::Create, at(60));
            assert_eq!((left.exceeded, left.remaining), (false, 599 - n));
        }
        let left = rates.count(Bucket::Create, at(75));
        assert_eq!((left.exceeded, left.reset_s), (true, 45));
        assert!(!rates.count(Bucket::Lifecycle, at(75)).exceeded);
        assert!(!rates.count(Bucket::Create, at(120)).exceeded);
        let asked = (0..50_001).map(|_| rates.count(Bucket::General, at(75)));
        let last = asked.last().unwrap();
        assert_eq!((last.exceeded, last.remaining), (false, 0));
    }
}
