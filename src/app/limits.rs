//! How hard and how long a run may go.

use std::time::Duration;

use cutover_base::clock::Clock;

use crate::app::error::AppError;
use crate::app::sides::Sides;
use crate::run::{GUARD_DEFAULT, Replays, RunSettings, SIDES_GAP};

/// What a run may take; `None` is no bound.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Jobs at once; a job is one case on one side in one replay.
    pub(crate) jobs: usize,
    /// Changed cases after which the run stops.
    pub(crate) fail_fast: Option<u32>,
    /// Sandboxes at once on each side.
    pub(crate) sandboxes_at_once: Option<usize>,
    /// Sandboxes in all.
    pub(crate) sandboxes_total: Option<u64>,
    /// Minutes in all.
    pub(crate) max_minutes: Option<u64>,
}

impl Limits {
    /// No bound but the jobs.
    pub(crate) const fn jobs(jobs: usize) -> Self {
        Self {
            jobs,
            fail_fast: None,
            sandboxes_at_once: None,
            sandboxes_total: None,
            max_minutes: None,
        }
    }

    /// The settings of the run with this id between these sides.
    pub(crate) fn settings(
        &self,
        id: String,
        sides: &Sides,
        clock: Clock,
        replays: Replays,
        seed: u64,
    ) -> RunSettings {
        RunSettings {
            id,
            clock,
            jobs: self.jobs,
            replays,
            seed,
            gap: SIDES_GAP,
            fail_fast: self.fail_fast,
            bounds: sides.bounds(self.sandboxes_at_once),
            one_account: sides.one_account(),
            sandboxes_total: self.sandboxes_total,
            minutes_max: self
                .max_minutes
                .map(|minutes| Duration::from_secs(minutes.saturating_mul(60))),
            guard: sides.guard.unwrap_or(GUARD_DEFAULT),
            lanes: sides.specs.as_ref().map(|spec| spec.lane.to_string()),
            providers: sides
                .specs
                .as_ref()
                .map(|spec| spec.provider.name().to_owned()),
        }
    }
}

/// Reads how often each side plays a case, as `--replays` and the journal say it.
pub(crate) fn replays(text: &str) -> Result<Replays, AppError> {
    match text {
        "auto" => Ok(Replays::Auto),
        number => match number.parse::<u32>() {
            Ok(count) if (1..=100).contains(&count) => Ok(Replays::Fixed(count)),
            _ => Err(AppError::usage(format!(
                "--replays takes `auto` or a number from 1 to 100, not `{number}`"
            ))),
        },
    }
}
