//! The two signals that end a server.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::error::AppError;

/// Watches for them. Unlike a run, a server has nothing to account for when one comes.
pub(crate) struct Ending {
    interrupt: Signal,
    terminate: Signal,
}

impl Ending {
    /// Begins to watch.
    ///
    /// # Errors
    /// When signals cannot be watched.
    pub(crate) fn watch() -> Result<Self, AppError> {
        let failed = |error| AppError::failed(format!("signals cannot be watched: {error}"));
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
        })
    }

    /// Waits until one comes.
    pub(crate) async fn came(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
