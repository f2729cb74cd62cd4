//! Contexts: an interpreter each, with names of its own.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::daytona::boot::interpreter::worker::Worker;

/// Contexts by id.
#[derive(Debug, Default)]
pub(in crate::daytona) struct Contexts {
    all: Mutex<IndexMap<String, Arc<Context>>>,
}

/// A context.
pub(in crate::daytona) struct Context {
    pub(in crate::daytona) id: String,
    pub(in crate::daytona) cwd: String,
    pub(in crate::daytona) created_at: Timestamp,
    pub(in crate::daytona) active: AtomicBool,
    /// The interpreter; who holds it runs something, and the others wait in line.
    pub(in crate::daytona) worker: tokio::sync::Mutex<Option<Worker>>,
    /// Ends with the context.
    pub(in crate::daytona) deleted: CancellationToken,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Contexts {
    /// Never held over an await.
    pub(in crate::daytona) fn all(&self) -> MutexGuard<'_, IndexMap<String, Arc<Context>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A context by its id.
    pub(in crate::daytona) fn get(&self, id: &str) -> Option<Arc<Context>> {
        self.all().get(id).cloned()
    }

    /// Forgets a context; the caller ends it.
    pub(in crate::daytona) fn remove(&self, id: &str) -> Option<Arc<Context>> {
        self.all().shift_remove(id)
    }
}

impl Context {
    /// Notes that its interpreter is gone.
    pub(in crate::daytona) fn is_dead(&self) {
        self.active.store(false, Ordering::SeqCst);
    }
}
