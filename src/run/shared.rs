//! What all jobs of a run share.

use std::sync::Arc;

use cutover_base::blob::BlobStore;
use cutover_base::by_side::BySide;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::run::budget::{Budget, StopReason};
use crate::run::conclude::Judge;
use crate::run::pace::AccountGate;
use crate::run::play::INTERRUPTED;
use crate::run::settings::{Progress, RunSettings};
use crate::run::stage::Stage;
use crate::transcript::JournalWriter;

/// What playing needs beside the settings and the cases.
pub struct Playing {
    /// Hands out surfaces.
    pub stage: Arc<dyn Stage>,
    /// Takes every event.
    pub journal: JournalWriter,
    /// Takes captured bytes.
    pub blobs: BlobStore,
    /// Judges a case while the run goes on, to buy replays.
    pub judge: Judge,
    /// Hears of every case.
    pub progress: Progress,
    /// Once it fires, the run destroys what it has and ends early.
    pub cancelled: CancellationToken,
}

impl std::fmt::Debug for Playing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Playing")
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

/// Everything the jobs share.
pub(super) struct Shared {
    pub(super) settings: RunSettings,
    pub(super) stage: Arc<dyn Stage>,
    pub(super) journal: JournalWriter,
    pub(super) blobs: BlobStore,
    pub(super) budget: Arc<Budget>,
    pub(super) judge: Judge,
    pub(super) jobs: Arc<Semaphore>,
    pub(super) accounts: BySide<Arc<AccountGate>>,
    pub(super) cancelled: CancellationToken,
    pub(super) progress: Progress,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(settings: RunSettings, playing: Playing) -> Self {
        Self {
            budget: Arc::new(Budget::new(&settings)),
            jobs: Arc::new(Semaphore::new(settings.jobs.max(1))),
            accounts: gates(&settings),
            settings,
            stage: playing.stage,
            journal: playing.journal,
            blobs: playing.blobs,
            judge: playing.judge,
            cancelled: playing.cancelled,
            progress: playing.progress,
        }
    }
}

/// Why a case is not played, or not to its end.
#[derive(Debug, Clone)]
pub(super) struct WhyNot {
    /// `unsupported`, `fail_fast`, `cap`, `interrupted`.
    pub(super) reason: &'static str,
    /// In a sentence.
    pub(super) message: String,
}

impl WhyNot {
    pub(super) fn is_interruption(&self) -> bool {
        self.reason == "interrupted"
    }
}

impl Shared {
    /// Why nothing more is played, if it is not.
    pub(super) fn stopped(&self) -> Option<WhyNot> {
        if self.cancelled.is_cancelled() {
            return Some(WhyNot {
                reason: "interrupted",
                message: INTERRUPTED.to_owned(),
            });
        }
        let stop = self.budget.reason()?;
        let is_fail_fast = matches!(stop, StopReason::FailFast(_));
        Some(WhyNot {
            reason: if is_fail_fast { "fail_fast" } else { "cap" },
            message: stop.to_string(),
        })
    }
}

/// The gate of each side's account.
fn gates(settings: &RunSettings) -> BySide<Arc<AccountGate>> {
    let bounds = settings.bounds.as_ref();
    let own = bounds.map(|bounds| Arc::new(AccountGate::new(bounds, settings.jobs)));
    if settings.one_account {
        return BySide::from_fn(|_| Arc::clone(&own.source));
    }
    own
}
