//! Watchers that clients poll (contract 3.3).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::e2b::auth;

/// Watchers of a sandbox at most; each holds an inotify handle.
const WATCHERS_MAX: usize = 64;

/// Events that wait for a poll. envd has no limit; ours keeps memory bounded.
const EVENTS_MAX: usize = 65_536;

/// The watchers of a sandbox.
#[derive(Default)]
pub(crate) struct Watchers {
    inner: Mutex<BTreeMap<String, Watcher>>,
}

struct Watcher {
    queue: Arc<Queue>,
    /// Ends the task that fills the queue.
    _filling: DropGuard,
}

/// What happened and was not told yet.
#[derive(Default)]
pub(crate) struct Queue {
    inner: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    events: Vec<Value>,
    /// Why nothing more can be told; every later poll says so.
    broken: Option<String>,
}

/// A watcher that was added.
pub(crate) struct Added {
    /// Its id.
    pub(crate) id: String,
    /// Where its events go.
    pub(crate) queue: Arc<Queue>,
    /// Cancelled when it is removed.
    pub(crate) removed: CancellationToken,
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchers").finish_non_exhaustive()
    }
}

impl Watchers {
    /// Adds a watcher; nothing when there are too many.
    pub(crate) fn add(&self) -> Option<Added> {
        let mut inner = self.lock();
        if inner.len() == WATCHERS_MAX {
            return None;
        }
        let id = auth::new_watcher_id();
        let queue = Arc::new(Queue::default());
        let removed = CancellationToken::new();
        let watcher = Watcher {
            queue: Arc::clone(&queue),
            _filling: removed.clone().drop_guard(),
        };
        inner.insert(id.clone(), watcher);
        Some(Added { id, queue, removed })
    }

    /// The queue of a watcher.
    pub(crate) fn queue(&self, id: &str) -> Option<Arc<Queue>> {
        let inner = self.lock();
        inner.get(id).map(|watcher| Arc::clone(&watcher.queue))
    }

    /// Ends a watcher. False when there is none.
    pub(crate) fn remove(&self, id: &str) -> bool {
        self.lock().remove(id).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Watcher>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Adds an event. False when there are too many, which breaks the watcher.
    pub(crate) fn push(&self, event: Value) -> bool {
        let mut told = self.lock();
        if told.events.len() == EVENTS_MAX {
            told.broken = Some("watcher error: fsnotify: queue or buffer overflow".to_owned());
            told.events = Vec::new();
            return false;
        }
        told.events.push(event);
        true
    }

    /// Says that nothing more will come, and why.
    pub(crate) fn fail(&self, reason: &str) {
        self.lock().broken.get_or_insert_with(|| reason.to_owned());
    }

    /// Takes what happened since the last time.
    pub(crate) fn take(&self) -> Result<Vec<Value>, String> {
        let mut told = self.lock();
        match &told.broken {
            Some(reason) => Err(reason.clone()),
            None => Ok(std::mem::take(&mut told.events)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watcher_that_broke_says_so_at_every_poll() {
        let queue = Queue::default();
        assert!(queue.push(Value::Null));
        assert_eq!(queue.take(), Ok(vec![Value::Null]));
        assert_eq!(queue.take(), Ok(Vec::new()));
        for _ in 0..EVENTS_MAX {
            assert!(queue.push(Value::Null));
        }
        assert!(!queue.push(Value::Null));
        queue.fail("watcher event channel closed");
        for _ in 0..2 {
            let broken = queue.take().unwrap_err();
            assert_eq!(broken, "watcher error: fsnotify: queue or buffer overflow");
        }
    }

    #[test]
    fn removal_ends_the_task_and_there_is_a_limit() {
        let watchers = Watchers::default();
        let first = watchers.add().unwrap();
        assert!(watchers.queue(&first.id).is_some());
        assert!(watchers.remove(&first.id));
        assert!(first.removed.is_cancelled());
        assert!(!watchers.remove(&first.id));
        let kept: Vec<Added> = (0..WATCHERS_MAX).filter_map(|_| watchers.add()).collect();
        assert!(watchers.add().is_none() && !kept[0].removed.is_cancelled());
    }
}
