//! Turns: who may change a thing while others wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use cutover_js::Text;
use tokio::sync::OwnedMutexGuard;

/// A lock for every key that somebody holds or waits for.
#[derive(Debug, Default)]
pub(crate) struct Locks(Mutex<HashMap<Text, Weak<tokio::sync::Mutex<()>>>>);

impl Locks {
    /// Waits for the turn at a key; it ends when the guard is dropped.
    pub(crate) async fn turn(&self, key: Text) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, lock| lock.strong_count() > 0);
            let held = locks.get(&key).and_then(Weak::upgrade);
            let lock = held.unwrap_or_default();
            locks.insert(key, Arc::downgrade(&lock));
            lock
        };
        lock.lock_owned().await
    }
}
