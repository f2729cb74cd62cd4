//! What one job of a run holds while it goes on: room at the side's account, and a job.

use std::sync::Arc;

use cutover_base::side::Side;
use tokio::sync::OwnedSemaphorePermit;

use crate::plan::{Case, creates};
use crate::run::shared::Shared;

/// One side of one case in one replay may go on as long as this is held.
#[derive(Debug)]
pub(super) struct Seat {
    _room: Option<OwnedSemaphorePermit>,
    _job: Option<OwnedSemaphorePermit>,
}

impl Shared {
    /// Waits until a side may be played. Whoever waits here holds no job: the account is asked
    /// first, as its turn may be far away.
    pub(super) async fn seat(&self, case: &Case, side: Side) -> Seat {
        let entering = self.accounts[side].enter(creates(&case.scenario));
        // An interrupted run waits for no turn: what follows ends at once.
        let room = self.cancelled.run_until_cancelled(entering).await;
        Seat {
            _room: room.flatten(),
            // The semaphore is never closed, so the permit comes.
            _job: Arc::clone(&self.jobs).acquire_owned().await.ok(),
        }
    }
}
