//! What a sandbox used, measured whenever somebody asks (`SandboxMetric`, contract 1.7).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::time::{Duration, Instant};

use crate::e2b::template::CPU_COUNT;
use crate::engine::{EngineError, EngineSandbox, Usage};

/// Samples kept of each sandbox: an hour of the provider's 5 s rhythm.
const SAMPLES_MAX: usize = 720;

/// A sample that is younger than this answers again: a poll loop must not walk the files of the
/// sandbox each time.
const FRESH: Duration = Duration::from_millis(500);

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    /// When, on the stand-in's clock.
    pub(crate) at: Timestamp,
    /// The busy share of its processors since the sample before, in percent.
    pub(crate) cpu_used_pct: f64,
    /// What was measured.
    pub(crate) usage: Usage,
}

/// The measurements of one sandbox, oldest first.
#[derive(Debug)]
pub(crate) struct UsageHistory {
    /// One measurement at a time.
    measuring: tokio::sync::Mutex<()>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    samples: VecDeque<Sample>,
    /// Real time and processor time of the last sample, or of the sandbox's start.
    last: (Instant, u64),
}

impl UsageHistory {
    /// No measurements; the share of the first one counts from now.
    pub(crate) fn new() -> Self {
        Self {
            measuring: tokio::sync::Mutex::new(()),
            inner: Mutex::new(Inner {
                samples: VecDeque::new(),
                last: (Instant::now(), 0),
            }),
        }
    }

    /// Measures, unless somebody has just done so.
    pub(crate) async fn measure(
        &self,
        engine: &dyn EngineSandbox,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let _alone = self.measuring.lock().await;
        {
            let inner = self.lock();
            if !inner.samples.is_empty() && inner.last.0.elapsed() < FRESH {
                return Ok(());
            }
        }
        let usage = engine.usage().await?;
        let mut inner = self.lock();
        let (then, before) = inner.last;
        let at = Instant::now();
        inner.last = (at, usage.cpu_us);
        // Processes that ended since took their time with them.
        let busy = usage.cpu_us.saturating_sub(before);
        if inner.samples.len() == SAMPLES_MAX {
            inner.samples.pop_front();
        }
        inner.samples.push_back(Sample {
            at: now,
            cpu_used_pct: share(busy, at.duration_since(then)),
            usage,
        });
        Ok(())
    }

    /// The samples from one second to another since the epoch, both included as a whole.
    pub(crate) fn between(&self, start: i64, end: i64) -> Vec<Sample> {
        let inner = self.lock();
        let fits = |sample: &&Sample| (start..=end).contains(&sample.at.as_second());
        inner.samples.iter().filter(fits).copied().collect()
    }

    /// The last sample.
    pub(crate) fn last(&self) -> Option<Sample> {
        self.lock().samples.back().copied()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Percent of all processors, with two decimals.
fn share(busy_us: u64, over: Duration) -> f64 {
    let all = over.as_micros().max(1) * u128::from(CPU_COUNT);
    let hundredths = (u128::from(busy_us) * 10_000 / all).min(10_000);
    f64::from(u32::try_from(hundredths).unwrap_or(10_000)) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_all_processors_and_never_more() {
        for (busy_us, seconds, expected) in [
            (0, 1, 0.0),
            (1_000_000, 1, 50.0),
            (123_400, 1, 6.17),
            (9_000_000, 1, 100.0),
            (5, 0, 100.0),
        ] {
            let share = share(busy_us, Duration::from_secs(seconds));
            assert!((share - expected).abs() < 1e-9, "{busy_us}: {share}");
        }
    }
}
