//! The sandboxes of the stand-in, and the task that ends them when their time has come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::e2b::app::App;
use crate::e2b::control::pause;
use crate::e2b::life::State;
use crate::e2b::log::Level;
use crate::e2b::sandbox::Sandbox;

/// Sandboxes that run at once (contract 8: the Pro plan's first step).
pub(crate) const SANDBOXES_MAX: usize = 100;

/// Sandboxes at once, paused ones included: those do not count for the plan, but they do hold
/// processes and files of ours.
const HELD_MAX: usize = 2 * SANDBOXES_MAX;

/// The sandboxes that exist.
#[derive(Debug)]
pub(crate) struct Registry {
    inner: Mutex<Inner>,
    running: Arc<Semaphore>,
    held: Arc<Semaphore>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    sandboxes: BTreeMap<String, Arc<Sandbox>>,
    killing: BTreeSet<String>,
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

impl Registry {
    /// No sandboxes.
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::default(),
            running: Arc::new(Semaphore::new(SANDBOXES_MAX)),
            held: Arc::new(Semaphore::new(HELD_MAX)),
            changed: Notify::new(),
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
    /// then is not found, even if the task below has not come to it yet.
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

    /// Tells the task below that an end has changed.
    pub(crate) fn touch(&self) {
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends(&self) -> Vec<(Timestamp, String)> {
        let running = |sandbox: &Arc<Sandbox>| {
            let life = sandbox.life();
            (life.state == State::Running).then(|| (life.end_at, sandbox.id.clone()))
        };
        let inner = self.lock();
        inner.sandboxes.values().filter_map(running).collect()
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

/// What happens to a sandbox at its end: pause if its creator said so, else death. One that
/// cannot be paused dies too: it must not outlive its time.
pub(crate) async fn expire_one(app: &Arc<App>, id: &str) -> bool {
    let Some(sandbox) = app.registry.lock().sandboxes.get(id).cloned() else {
        return false;
    };
    if sandbox.life().state != State::Running {
        // What is paused has no end, and what is on its way somewhere comes to it later.
        return false;
    }
    let Some(mode) = sandbox.lifecycle.auto_pause else {
        sandbox.note(Level::Info, "Sandbox expired");
        return app.end(id).is_some();
    };
    match pause::pause(app, &sandbox, mode).await {
        Ok(()) => true,
        Err(pause::PauseError::State(_)) => false,
        Err(error) => {
            sandbox.note(
                Level::Error,
                format!("Sandbox could not be paused: {error}"),
            );
            app.end(id).is_some()
        }
    }
}
