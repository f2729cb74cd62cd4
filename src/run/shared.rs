//! What all jobs of a run share.

use std::sync::Arc;

use cutover_base::blob::BlobStore;
use cutover_base::by_side::BySide;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::run::budget::Budget;
use crate::run::conclude::Judge;
use crate::run::pace::AccountGate;
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
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: RunSettings,
    pub(super) stage: Arc<dyn Stage>,
    pub(super) journal: JournalWriter,
    pub(super) blobs: BlobStore,
    pub(super) budget: Arc<Budget>,
    pub(super) judge: Judge,
    pub(super) jobs: Semaphore,
    pub(super) accounts: BySide<Arc<AccountGate>>,
    pub(super) cancelled: CancellationToken,
}

impl Shared {
    pub(super) fn new(settings: RunSettings, playing: Playing) -> Self {
        Self {
            budget: Arc::new(Budget::new(&settings)),
            jobs: Semaphore::new(settings.jobs.max(1)),
            accounts: gates(&settings),
            settings,
            stage: playing.stage,
            journal: playing.journal,
            blobs: playing.blobs,
            judge: playing.judge,
            cancelled: playing.cancelled,
        }
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
