//! A clock that can be advanced, so that expiry is tested without waiting.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

/// How fast a clock may run at most: a day in under a tenth of a second. Beyond that every deadline
/// comes before the request that set it is answered, which no test can mean.
pub const SPEED_MAX: f64 = 1_000_000.0;

/// Wall-clock time plus an offset that only grows, or a clock that runs at a speed of its own.
/// Clones share everything.
///
/// All code that asks for the time takes a `Clock`; real time is a clock nobody advances.
#[derive(Debug, Clone)]
pub struct Clock {
    offset: Arc<Mutex<Duration>>,
    changed: Arc<watch::Sender<()>>,
    pace: Pace,
}

/// How the clock's time follows from the real one.
#[derive(Debug, Clone, Copy)]
enum Pace {
    /// It is the real one, leaps of the machine's clock included.
    Real,
    /// It left `shown` at `began`, and since then runs so many times as fast.
    Own {
        shown: Timestamp,
        began: Instant,
        speed: f64,
    },
}

impl Clock {
    /// A clock that shows real time until it is advanced.
    pub fn new() -> Self {
        Self::paced(Pace::Real)
    }

    /// A clock that shows the time of now and runs `speed` times as fast as the real one; at 0 it
    /// stands still until it is advanced.
    ///
    /// # Errors
    /// When the speed is no number from 0 to [`SPEED_MAX`].
    pub fn with_speed(speed: f64) -> Result<Self, ClockSpeedError> {
        if !(0.0..=SPEED_MAX).contains(&speed) {
            return Err(ClockSpeedError(speed));
        }
        Ok(Self::paced(Pace::Own {
            shown: Timestamp::now(),
            began: Instant::now(),
            speed,
        }))
    }

    fn paced(pace: Pace) -> Self {
        Self {
            offset: Arc::new(Mutex::new(Duration::ZERO)),
            changed: Arc::new(watch::Sender::new(())),
            pace,
        }
    }

    /// How many times as fast as the real one it runs.
    pub const fn speed(&self) -> f64 {
        match self.pace {
            Pace::Real => 1.0,
            Pace::Own { speed, .. } => speed,
        }
    }

    /// By how much it has been advanced in all.
    pub fn advanced(&self) -> Duration {
        *self.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time now, in UTC.
    pub fn now(&self) -> Timestamp {
        let offset = self.advanced();
        let paced = match self.pace {
            Pace::Real => Timestamp::now(),
            Pace::Own {
                shown,
                began,
                speed,
            } => {
                let ran = began.elapsed().as_secs_f64() * speed;
                let ran = Duration::try_from_secs_f64(ran).unwrap_or(Duration::MAX);
                shown.saturating_add(ran).unwrap_or(Timestamp::MAX)
            }
        };
        paced.saturating_add(offset).unwrap_or(Timestamp::MAX)
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
                () = tokio::time::sleep(self.in_real_time(left)) => {}
                woken = changed.changed() => {
                    // The sender lives as long as `self`, so an error cannot happen while we wait.
                    if woken.is_err() { return; }
                }
            }
        }
    }

    /// How long to wait in real time for so much of this clock's; at least what a timer can tell
    /// apart, as a quotient that is rounded to nothing would make the wait a busy one.
    fn in_real_time(&self, left: Duration) -> Duration {
        match self.pace {
            Pace::Real => left,
            Pace::Own { speed, .. } => Duration::try_from_secs_f64(left.as_secs_f64() / speed)
                .unwrap_or(Duration::MAX)
                .max(Duration::from_millis(1)),
        }
    }

    /// Completes after `by` has passed on this clock.
    pub async fn sleep(&self, by: Duration) {
        let at = self.now().saturating_add(by).unwrap_or(Timestamp::MAX);
        self.sleep_until(at).await;
    }
}

/// A speed that no clock runs at.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("`{0}` is no speed of a clock; a number from 0 (stands still) to {SPEED_MAX}")]
pub struct ClockSpeedError(f64);

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
    #[tokio::test]
    async fn a_fast_clock_comes_to_its_deadlines_early() {
        let clock = Clock::with_speed(100_000.0).unwrap();
        let before = clock.now();
        tokio::time::timeout(
            Duration::from_secs(60),
            clock.sleep(Duration::from_secs(3600)),
        )
        .await
        .expect("an hour of this clock is 36 ms");
        assert!(clock.now().duration_since(before) >= jiff::SignedDuration::from_secs(3600));
    }

    #[tokio::test]
    async fn a_halted_clock_moves_by_advance_alone() {
        let clock = Clock::with_speed(0.0).unwrap();
        let before = clock.now();
        let sleeper = clock.clone();
        let sleep = sleeper.sleep(Duration::from_millis(5));
        tokio::pin!(sleep);
        assert!(futures_util::poll!(&mut sleep).is_pending());
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(clock.now(), before);
        assert!(futures_util::poll!(&mut sleep).is_pending());
        clock.advance(Duration::from_millis(5));
        sleep.await;
        assert_eq!(
            clock.now(),
            before
                .checked_add(jiff::SignedDuration::from_millis(5))
                .unwrap()
        );
        assert_eq!(clock.advanced(), Duration::from_millis(5));
    }

    #[test]
    fn a_speed_is_a_number_within_bounds() {
        for (speed, right) in [
            (0.0, true),
            (0.5, true),
            (SPEED_MAX, true),
            (SPEED_MAX * 2.0, false),
            (-1.0, false),
            (f64::NAN, false),
            (f64::INFINITY, false),
        ] {
            assert_eq!(Clock::with_speed(speed).is_ok(), right, "{speed}");
        }
    }

    #[tokio::test]
    async fn a_very_slow_clock_waits_and_does_not_panic() {
        let clock = Clock::with_speed(f64::MIN_POSITIVE).unwrap();
        let sleep = clock.sleep_until(Timestamp::MAX);
        tokio::pin!(sleep);
        assert!(futures_util::poll!(&mut sleep).is_pending());
    }
}
