//! One build: how far it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::e2b::build::log::BuildLog;
use crate::e2b::build::product::{Product, Resources};

/// A build.
#[derive(Debug)]
pub(crate) struct Build {
    pub(crate) id: String,
    pub(crate) template_id: String,
    /// Which of its template's tags mean it as soon as it is ready.
    pub(crate) tags: Vec<String>,
    pub(crate) resources: Resources,
    pub(crate) created_at: Timestamp,
    pub(crate) log: BuildLog,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    status: Status,
    finished_at: Option<Timestamp>,
}

/// How far a build is.
#[derive(Debug, Clone)]
pub(crate) enum Status {
    /// Its files are being uploaded.
    Waiting,
    Building,
    Ready(Arc<Product>),
    Failed(Reason),
}

/// Why a build has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) message: String,
    /// `base`, a number from 1, or `finalize`.
    pub(crate) step: String,
}

impl Status {
    /// The word on the wire.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Building => "building",
            Self::Ready(_) => "ready",
            Self::Failed(_) => "error",
        }
    }
}

impl Build {
    pub(super) fn new(
        id: String,
        template_id: String,
        tags: Vec<String>,
        resources: Resources,
        created_at: Timestamp,
        log: BuildLog,
    ) -> Self {
        Self {
            id,
            template_id,
            tags,
            resources,
            created_at,
            log,
            state: Mutex::new(State {
                status: Status::Waiting,
                finished_at: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far it is.
    pub(crate) fn status(&self) -> Status {
        self.lock().status.clone()
    }

    /// When it ended.
    pub(crate) fn finished_at(&self) -> Option<Timestamp> {
        self.lock().finished_at
    }

    /// What it made, if it is ready.
    pub(crate) fn product(&self) -> Option<Arc<Product>> {
        match &self.lock().status {
            Status::Ready(product) => Some(Arc::clone(product)),
            _ => None,
        }
    }

    /// Goes to work; false when it has done so before.
    pub(crate) fn begin(&self) -> bool {
        let mut state = self.lock();
        let waits = matches!(state.status, Status::Waiting);
        if waits {
            state.status = Status::Building;
        }
        waits
    }

    /// Ends it.
    pub(super) fn end(&self, status: Status, now: Timestamp) {
        let mut state = self.lock();
        state.status = status;
        state.finished_at = Some(now);
    }
}
