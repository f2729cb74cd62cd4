//! SIGINT, SIGTERM, SIGHUP: the run is cancelled, destroys what it has, and says which it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::error::AppError;

/// Watches for signals as long as it lives.
#[derive(Debug)]
pub(crate) struct Signals {
    /// Fires with the first signal.
    pub(crate) cancelled: CancellationToken,
    number: Arc<AtomicI32>,
    watcher: tokio::task::JoinSet<()>,
}

impl Signals {
    /// Begins to watch; from now on the signals do not end the process.
    pub(crate) fn watch() -> Result<Self, AppError> {
        let failed = |error| AppError::failed(format!("signals cannot be watched: {error}"));
        let mut int = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut term = signal(SignalKind::terminate()).map_err(failed)?;
        let mut hup = signal(SignalKind::hangup()).map_err(failed)?;
        let cancelled = CancellationToken::new();
        let number = Arc::new(AtomicI32::new(0));
        let (fire, seen) = (cancelled.clone(), Arc::clone(&number));
        let mut watcher = tokio::task::JoinSet::new();
        watcher.spawn(async move {
            loop {
                let got = tokio::select! {
                    _ = int.recv() => 2,
                    _ = term.recv() => 15,
                    _ = hup.recv() => 1,
                };
                // The first signal is the reason; later ones change nothing, as the cleanup must
                // not be cut short.
                let _first = seen.compare_exchange(0, got, Ordering::SeqCst, Ordering::SeqCst);
                fire.cancel();
            }
        });
        Ok(Self {
            cancelled,
            number,
            watcher,
        })
    }

    /// The number of the signal that came, if one did.
    pub(crate) fn received(&self) -> Option<i32> {
        match self.number.load(Ordering::SeqCst) {
            0 => None,
            number => Some(number),
        }
    }
}

/// A signal's name, without `SIG`.
pub(crate) const fn name(number: i32) -> &'static str {
    match number {
        1 => "HUP",
        15 => "TERM",
        _ => "INT",
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.watcher.abort_all();
    }
}
