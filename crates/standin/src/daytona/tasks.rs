//! The tasks of a stand-in: none outlives it.

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What runs beside the requests. Clones speak of the same tasks.
#[derive(Debug, Clone, Default)]
pub(super) struct Tasks {
    /// Every task.
    pub(super) tracker: TaskTracker,
    /// Ends every task.
    pub(super) stop: CancellationToken,
}

impl Tasks {
    /// Runs work that goes on when the client goes away, and waits for it. `None` when the
    /// stand-in is told to stop.
    pub(super) async fn detached<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let stop = self.stop.clone();
        let task = self
            .tracker
            .spawn(async move { stop.run_until_cancelled(work).await });
        task.await.ok().flatten()
    }

    /// Runs work that nobody waits for, until the stand-in is told to stop.
    pub(super) fn background(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tracker
            .spawn(async move { stop.run_until_cancelled(work).await });
    }
}
