//! The sandboxes that exist, and those the proxy still remembers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::daytona::sandbox::Sandbox;

/// All sandboxes of a stand-in.
#[derive(Debug, Default)]
pub(super) struct Registry {
    inner: Mutex<Inner>,
    /// Woken when a deadline may have come nearer.
    pub(super) changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    live: IndexMap<String, Arc<Sandbox>>,
    /// Names that are being made into sandboxes, so that two creates cannot both have one.
    reserved: Vec<String>,
    /// Until when the proxy takes a destroyed sandbox for one of ours (contract 2.2).
    graves: HashMap<String, Timestamp>,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a name for a sandbox to come. False when it is taken.
    pub(super) fn reserve(&self, name: &str) -> bool {
        let mut inner = self.lock();
        let taken = inner.reserved.iter().any(|other| other == name)
            || inner.live.values().any(|other| other.facts().name == name);
        if !taken {
            inner.reserved.push(name.to_owned());
        }
        !taken
    }

    /// Gives a reserved name back.
    pub(super) fn release(&self, name: &str) {
        self.lock().reserved.retain(|other| other != name);
    }

    /// Adds a sandbox, and gives its reserved name back.
    pub(super) fn add(&self, sandbox: Arc<Sandbox>) {
        let mut inner = self.lock();
        let name = sandbox.facts().name.clone();
        inner.reserved.retain(|other| *other != name);
        inner.live.insert(sandbox.fixed.id.clone(), sandbox);
        self.changed.notify_one();
    }

    /// Forgets a destroyed sandbox, as the proxy does a little later.
    pub(super) fn bury(&self, sandbox: &Sandbox, now: Timestamp) {
        let cached_until = sandbox.facts().proxy_cached_until;
        let mut inner = self.lock();
        inner.live.shift_remove(&sandbox.fixed.id);
        inner.graves.retain(|_, until| *until > now);
        if let Some(until) = cached_until {
            inner.graves.insert(sandbox.fixed.id.clone(), until);
        }
    }

    /// Whether the proxy still remembers a destroyed sandbox.
    pub(super) fn remembered(&self, id: &str, now: Timestamp) -> bool {
        self.lock().graves.get(id).is_some_and(|until| *until > now)
    }

    /// By id.
    pub(super) fn by_id(&self, id: &str) -> Option<Arc<Sandbox>> {
        self.lock().live.get(id).cloned()
    }

    /// By id, else by name.
    pub(super) fn find(&self, id_or_name: &str) -> Option<Arc<Sandbox>> {
        let inner = self.lock();
        if let Some(sandbox) = inner.live.get(id_or_name) {
            return Some(Arc::clone(sandbox));
        }
        let named = |sandbox: &&Arc<Sandbox>| sandbox.facts().name == id_or_name;
        inner.live.values().find(named).cloned()
    }

    /// All, oldest first.
    pub(super) fn all(&self) -> Vec<Arc<Sandbox>> {
        self.lock().live.values().cloned().collect()
    }
}
