//! The sandboxes of the stand-in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::e2b::sandbox::Sandbox;
use crate::e2b::state::State;

/// The sandboxes that exist.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    sandboxes: BTreeMap<String, Arc<Sandbox>>,
    killing: BTreeSet<String>,
}

impl Registry {
    /// Adds a sandbox.
    pub(crate) fn add(&self, sandbox: Sandbox) -> Arc<Sandbox> {
        let sandbox = Arc::new(sandbox);
        self.lock()
            .sandboxes
            .insert(sandbox.id.clone(), Arc::clone(&sandbox));
        self.touch();
        sandbox
    }

    /// Puts a rebooted sandbox in the place of its former self. Nothing if that was killed.
    pub(crate) fn replace(&self, former: &Arc<Sandbox>, sandbox: Sandbox) -> Option<Arc<Sandbox>> {
        let mut inner = self.lock();
        let place = inner.sandboxes.get_mut(&former.id)?;
        if !Arc::ptr_eq(place, former) {
            return None;
        }
        *place = Arc::new(sandbox);
        Some(Arc::clone(place))
    }

    /// Takes a sandbox out; from now on nobody finds it. [`Registry::forget`] ends that.
    pub(crate) fn remove(&self, id: &str) -> Option<Arc<Sandbox>> {
        let mut inner = self.lock();
        let sandbox = inner.sandboxes.remove(id)?;
        inner.killing.insert(id.to_owned());
        Some(sandbox)
    }

    /// Nothing is left of a sandbox that was removed.
    pub(crate) fn forget(&self, id: &str) {
        self.lock().killing.remove(id);
    }

    /// Whether a sandbox is being killed.
    pub(crate) fn is_killing(&self, id: &str) -> bool {
        self.lock().killing.contains(id)
    }

    /// A sandbox, running or paused. One whose time has come at `now` and that is to be killed
    /// then is not found, even if the timers have not come to it yet.
    pub(crate) fn get(&self, id: &str, now: Timestamp) -> Option<Arc<Sandbox>> {
        let sandbox = Arc::clone(self.lock().sandboxes.get(id)?);
        let alive = sandbox.lifecycle.auto_pause.is_some()
            || !sandbox.life().state.runs()
            || sandbox.is_running(now);
        alive.then_some(sandbox)
    }

    /// All that [`Registry::get`] would find.
    pub(crate) fn all(&self, now: Timestamp) -> Vec<Arc<Sandbox>> {
        let ids = self.ids();
        ids.iter().filter_map(|id| self.get(id, now)).collect()
    }

    /// All ids.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.lock().sandboxes.keys().cloned().collect()
    }

    /// A sandbox, whatever its time.
    pub(crate) fn any(&self, id: &str) -> Option<Arc<Sandbox>> {
        self.lock().sandboxes.get(id).cloned()
    }

    /// Tells the timers that an end has changed.
    pub(crate) fn touch(&self) {
        self.changed.notify_one();
    }

    /// Woken when an end has changed.
    pub(crate) fn changed(&self) -> &Notify {
        &self.changed
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When each running sandbox ends.
    pub(crate) fn ends(&self) -> Vec<(Timestamp, String)> {
        let running = |sandbox: &Arc<Sandbox>| {
            let life = sandbox.life();
            (life.state == State::Running).then(|| (life.end_at, sandbox.id.clone()))
        };
        let inner = self.lock();
        inner.sandboxes.values().filter_map(running).collect()
    }
}
