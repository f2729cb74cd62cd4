//! Watchers that clients poll (contract 3.3).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::standin::e2b::auth;
use crate::standin::engine::WatchEvent;

/// Watchers of a sandbox at most; each holds an inotify handle.
const WATCHERS_MAX: usize = 64;

/// Events of one answer at most; the rest comes with the next.
const EVENTS_MAX: usize = 10_000;

/// The watchers of a sandbox.
#[derive(Default)]
pub(crate) struct Watchers {
    inner: Mutex<BTreeMap<String, Watcher>>,
}

/// A watched directory.
pub(crate) struct Watcher {
    /// Its path as resolved.
    pub(crate) path: String,
    /// Whether events carry entries.
    pub(crate) entries: bool,
    /// What happened and was not told yet; the engine bounds it.
    pub(crate) events: mpsc::Receiver<WatchEvent>,
}

/// What a poll took.
pub(crate) struct Taken {
    /// The watched path.
    pub(crate) path: String,
    /// Whether events carry entries.
    pub(crate) entries: bool,
    /// The events, in order.
    pub(crate) events: Vec<WatchEvent>,
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchers").finish_non_exhaustive()
    }
}

impl Watchers {
    /// Adds a watcher; its id, or nothing when there are too many.
    pub(crate) fn add(&self, watcher: Watcher) -> Option<String> {
        let mut inner = self.lock();
        if inner.len() == WATCHERS_MAX {
            return None;
        }
        let id = auth::new_watcher_id();
        inner.insert(id.clone(), watcher);
        Some(id)
    }

    /// Takes what happened since the last time.
    pub(crate) fn take(&self, id: &str) -> Option<Taken> {
        let mut inner = self.lock();
        let watcher = inner.get_mut(id)?;
        let mut events = Vec::new();
        while events.len() < EVENTS_MAX
            && let Ok(event) = watcher.events.try_recv()
        {
            events.push(event);
        }
        Some(Taken {
            path: watcher.path.clone(),
            entries: watcher.entries,
            events,
        })
    }

    /// Ends a watcher. False when there is none.
    pub(crate) fn remove(&self, id: &str) -> bool {
        self.lock().remove(id).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Watcher>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
