//! A clock that can be advanced, so that expiry is tested without waiting.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

/// Wall-clock time plus an offset that only grows. Clones share the offset.
///
/// All code that asks for the time takes a `Clock`; real time is a clock nobody advances.
#[derive(Debug, Clone)]
pub struct Clock {
    offset: Arc<Mutex<Duration>>,
    changed: Arc<watch::Sender<()>>,
}

impl Clock {
    /// A clock that shows real time until it is advanced.
    pub fn new() -> Self {
        Self {
            offset: Arc::new(Mutex::new(Duration::ZERO)),
            changed: Arc::new(watch::Sender::new(())),
        }
    }

    /// The time now, in UTC.
    pub fn now(&self) -> Timestamp {
        let offset = *self.offset.lock().unwrap_or_else(PoisonError::into_inner);
        Timestamp::now()
            .saturating_add(offset)
            .unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forward and wakes every sleeper whose time has come.
    pub fn advance(&self, by: Duration) {
        {
            let mut offset = self.offset.lock().unwrap_or_else(PoisonError::into_inner);
            *offset = offset.saturating_add(by);
        }
        self.changed.send_replace(());
    }

    /// Completes when the clock shows `at` or later. Safe to drop at any await point.
    pub async fn sleep_until(&self, at: Timestamp) {
        let mut changed = self.changed.subscribe();
        loop {
            let left = Duration::try_from(at.duration_since(self.now())).unwrap_or(Duration::ZERO);
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                woken = changed.changed() => {
                    // The sender lives as long as `self`, so an error cannot happen while we wait.
                    if woken.is_err() { return; }
                }
            }
        }
    }

    /// Completes after `by` has passed on this clock.
    pub async fn sleep(&self, by: Duration) {
        let at = self.now().saturating_add(by).unwrap_or(Timestamp::MAX);
        self.sleep_until(at).await;
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_advance_wakes_a_sleeper() {
        let clock = Clock::new();
        let before = clock.now();
        let sleeper = clock.clone();
        let sleep = sleeper.sleep(Duration::from_secs(3600));
        tokio::pin!(sleep);
        assert!(futures_util::poll!(&mut sleep).is_pending());
        clock.advance(Duration::from_secs(3600));
        sleep.await;
        assert!(clock.now().duration_since(before) >= jiff::SignedDuration::from_secs(3600));
    }
}
