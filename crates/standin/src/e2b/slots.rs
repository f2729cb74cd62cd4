//! How many sandboxes there may be at once: for the plan, and for the stand-in itself.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Sandboxes that run at once (contract 8: the Pro plan's first step).
pub(crate) const SANDBOXES_MAX: usize = 100;

/// Sandboxes at once, paused ones included: those do not count for the plan, but they do hold
/// processes and files of ours.
const HELD_MAX: usize = 2 * SANDBOXES_MAX;

/// The room that is left.
#[derive(Debug)]
pub(crate) struct Slots {
    running: Arc<Semaphore>,
    held: Arc<Semaphore>,
}

/// A sandbox's share of what the plan and the stand-in can hold.
#[derive(Debug)]
pub(crate) struct Slot {
    running: Mutex<Option<OwnedSemaphorePermit>>,
    _held: OwnedSemaphorePermit,
}

/// Why there is no room for one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The plan's limit of running sandboxes.
    Plan,
    /// The stand-in's own limit, paused ones included.
    Machine,
}

impl Slots {
    /// All of them free.
    pub(crate) fn new() -> Self {
        Self {
            running: Arc::new(Semaphore::new(SANDBOXES_MAX)),
            held: Arc::new(Semaphore::new(HELD_MAX)),
        }
    }

    /// Room for one more that runs, if there is.
    pub(crate) fn reserve(&self) -> Result<Slot, Full> {
        let running = Arc::clone(&self.running).try_acquire_owned();
        let held = Arc::clone(&self.held).try_acquire_owned();
        Ok(Slot {
            running: Mutex::new(Some(running.map_err(|_| Full::Plan)?)),
            _held: held.map_err(|_| Full::Machine)?,
        })
    }

    /// Lets a paused sandbox count as running again. False when the plan has no room.
    pub(crate) fn enter(&self, slot: &Slot) -> bool {
        let mut running = slot.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            *running = Arc::clone(&self.running).try_acquire_owned().ok();
        }
        running.is_some()
    }
}

impl Slot {
    /// Stops counting for the plan: the sandbox is paused.
    pub(crate) fn leave(&self) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}
