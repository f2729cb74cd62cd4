//! The sandboxes of the stand-in, and the task that ends them when their time has come.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::standin::e2b::app::App;
use crate::standin::e2b::control;
use crate::standin::e2b::sandbox::Sandbox;

/// Sandboxes at once (contract 8: the Pro plan's first step); also what bounds our memory.
pub(crate) const SANDBOXES_MAX: usize = 100;

/// The sandboxes that exist.
#[derive(Debug)]
pub(crate) struct Registry {
    sandboxes: Mutex<BTreeMap<String, Arc<Sandbox>>>,
    slots: Arc<Semaphore>,
    changed: Notify,
}

impl Registry {
    /// No sandboxes.
    pub(crate) fn new() -> Self {
        Self {
            sandboxes: Mutex::new(BTreeMap::new()),
            slots: Arc::new(Semaphore::new(SANDBOXES_MAX)),
            changed: Notify::new(),
        }
    }

    /// Room for one more, if there is.
    pub(crate) fn reserve(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).try_acquire_owned().ok()
    }

    /// Adds a sandbox.
    pub(crate) fn add(&self, sandbox: Sandbox) -> Arc<Sandbox> {
        let sandbox = Arc::new(sandbox);
        self.lock().insert(sandbox.id.clone(), Arc::clone(&sandbox));
        self.touch();
        sandbox
    }

    /// Takes a sandbox out; from now on nobody finds it.
    pub(crate) fn remove(&self, id: &str) -> Option<Arc<Sandbox>> {
        self.lock().remove(id)
    }

    /// A sandbox, running or paused. One whose time has come at `now` and that is to be killed
    /// then is not found, even if the task below has not come to it yet.
    pub(crate) fn get(&self, id: &str, now: Timestamp) -> Option<Arc<Sandbox>> {
        let sandbox = Arc::clone(self.lock().get(id)?);
        let alive = sandbox.auto_pause || sandbox.life().paused || sandbox.is_running(now);
        alive.then_some(sandbox)
    }

    /// A sandbox, if it is running.
    pub(crate) fn running(&self, id: &str, now: Timestamp) -> Option<Arc<Sandbox>> {
        self.get(id, now).filter(|sandbox| sandbox.is_running(now))
    }

    /// All that [`Registry::get`] would find.
    pub(crate) fn all(&self, now: Timestamp) -> Vec<Arc<Sandbox>> {
        let ids = self.ids();
        ids.iter().filter_map(|id| self.get(id, now)).collect()
    }

    /// All ids.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Tells the task below that an end has changed.
    pub(crate) fn touch(&self) {
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Sandbox>>> {
        self.sandboxes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn ends(&self) -> Vec<(Timestamp, String)> {
        let running = |sandbox: &Arc<Sandbox>| {
            let life = sandbox.life();
            (!life.paused).then(|| (life.end_at, sandbox.id.clone()))
        };
        self.lock().values().filter_map(running).collect()
    }
}

/// Ends each sandbox when its time has come, until the stand-in stops.
pub(crate) async fn expire(app: Arc<App>) {
    loop {
        let ends = app.registry.ends();
        let now = app.clock.now();
        for (_, id) in ends.iter().filter(|(end, _)| *end <= now) {
            expire_one(&app, id).await;
        }
        let next = ends.iter().map(|(end, _)| *end).filter(|end| *end > now);
        let next = next.min().unwrap_or(Timestamp::MAX);
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = app.registry.changed.notified() => {}
            () = app.clock.sleep_until(next) => {}
        }
    }
}

/// What happens to a sandbox at its end: pause if its creator said so, else death.
pub(crate) async fn expire_one(app: &App, id: &str) -> bool {
    let now = app.clock.now();
    let Some(sandbox) = app.registry.lock().get(id).cloned() else {
        return false;
    };
    if sandbox.auto_pause {
        return control::pause::freeze(&sandbox, now).await;
    }
    app.end(id).is_some()
}
