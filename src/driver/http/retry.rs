//! When a request may be sent again, and after how long. Pure.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// Attempts of one call, the first included; the Python SDK's three retries.
pub(crate) const ATTEMPTS_MAX: u32 = 4;

/// A provider that asks for a longer pause is not waited for: the failure is reported instead.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What is known of sending the same request twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Twice is the same as once.
    Safe,
    /// Only when it surely was not acted upon: no connection, or 429.
    Unsent,
}

/// How an attempt failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Miss<'a> {
    /// No connection was made, so nothing was sent.
    NotConnected,
    /// It was sent and no answer came.
    Lost,
    /// An answer that is no success; `settled` when its words leave nothing to try again.
    Status {
        /// The status.
        status: u16,
        /// The headers.
        headers: &'a HeaderMap,
        /// Whether the body settles the matter.
        settled: bool,
    },
}

/// The pause before the next attempt, or `None` when there must be none.
///
/// `attempt` is the one that failed, from 1; `jitter` is in `0.0..1.0`.
pub(crate) fn pause(attempt: u32, retry: Retry, miss: Miss<'_>, jitter: f64) -> Option<Duration> {
    if attempt >= ATTEMPTS_MAX {
        return None;
    }
    let asked = match miss {
        Miss::NotConnected => None,
        Miss::Lost if retry == Retry::Safe => None,
        Miss::Lost | Miss::Status { settled: true, .. } => return None,
        Miss::Status {
            status, headers, ..
        } => {
            if !may_repeat(status, headers, retry) {
                return None;
            }
            retry_after(headers)
        }
    };
    match asked {
        Some(asked) if asked > PAUSE_MAX => None,
        Some(asked) => Some(asked),
        None => Some(backoff(attempt, jitter)),
    }
}

fn may_repeat(status: u16, headers: &HeaderMap, retry: Retry) -> bool {
    let wanted = headers.get("should-retry").map(|value| value == "true");
    match (retry, wanted) {
        (_, Some(false)) => false,
        (Retry::Safe, Some(true)) => true,
        (Retry::Safe, None) => matches!(status, 429 | 502 | 503 | 504),
        (Retry::Unsent, _) => status == 429,
    }
}

/// The longest of `Retry-After` and its kin, e.g. Daytona's `Retry-After-sandbox-create`, in
/// seconds that may have a fraction.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("retry-after"))
        .filter_map(|(_, value)| value.to_str().ok()?.trim().parse::<f64>().ok())
        .filter_map(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .max()
}

fn backoff(attempt: u32, jitter: f64) -> Duration {
    let base = Duration::from_millis(100).saturating_mul(1 << attempt.saturating_sub(1).min(6));
    base.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, headers: &[(&'static str, &'static str)], retry: Retry) -> Option<u64> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<HeaderMap>();
        let miss = Miss::Status {
            status,
            headers: &headers,
            settled: false,
        };
        let pause = pause(1, retry, miss, 1.0)?;
        Some(u64::try_from(pause.as_millis()).unwrap())
    }

    #[test]
    fn what_may_have_started_is_not_sent_again() {
        assert_eq!(status(503, &[], Retry::Unsent), None);
        assert_eq!(
            status(502, &[("should-retry", "true")], Retry::Unsent),
            None
        );
        assert_eq!(
            status(429, &[("retry-after", "2")], Retry::Unsent),
            Some(2000)
        );
        assert!(pause(1, Retry::Unsent, Miss::Lost, 0.0).is_none());
        assert!(pause(1, Retry::Unsent, Miss::NotConnected, 0.0).is_some());
    }

    #[test]
    fn the_provider_says_when_and_whether() {
        assert_eq!(status(503, &[], Retry::Safe), Some(100));
        assert_eq!(status(503, &[("should-retry", "false")], Retry::Safe), None);
        assert_eq!(status(500, &[], Retry::Safe), None);
        assert_eq!(
            status(500, &[("should-retry", "true")], Retry::Safe),
            Some(100)
        );
        assert_eq!(
            status(429, &[("retry-after-sandbox-create", "3")], Retry::Safe),
            Some(3000)
        );
        assert_eq!(status(429, &[("retry-after", "600")], Retry::Safe), None);
        assert_eq!(
            status(429, &[("retry-after", "0.5")], Retry::Safe),
            Some(500)
        );
        assert_eq!(
            status(429, &[("retry-after", "-1")], Retry::Safe),
            Some(100)
        );
        assert_eq!(
            status(429, &[("retry-after", "NaN")], Retry::Safe),
            Some(100)
        );
    }

    #[test]
    fn attempts_end() {
        assert!(pause(ATTEMPTS_MAX, Retry::Safe, Miss::NotConnected, 0.0).is_none());
    }
}
