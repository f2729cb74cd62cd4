//! Snapshots: what sandboxes are made from, kept by name (contract section 5).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};

use crate::daytona::image::{BUILT_IN_REF, Image};
use crate::daytona::sandbox::{BuildInfo, Resources};

/// The snapshot of a sandbox that names none; Daytona keeps sandboxes of it warm.
pub(super) const DEFAULT: &str = "daytonaio/sandbox:0.8.0";

/// Name and id of each general snapshot; all are the built-in image.
const GENERAL: [(&str, &str); 2] = [
    (DEFAULT, "5c2a7b54-2f0e-4a57-9a2e-6a0d6a2f1c01"),
    ("litellm", "9d1b0f3e-86c4-4be2-8f52-0f6f4d1e7a02"),
];

/// How long a snapshot stays active that nobody uses (contract 5.3).
const UNUSED_MAX: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The states of contract 5.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SnapshotState {
    Pending,
    Building,
    Pulling,
    Snapshotting,
    Active,
    Inactive,
    Error,
    BuildFailed,
}

impl SnapshotState {
    /// The word on the wire.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Building => "building",
            Self::Pulling => "pulling",
            Self::Snapshotting => "snapshotting",
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Error => "error",
            Self::BuildFailed => "build_failed",
        }
    }
}

/// A snapshot.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) id: String,
    pub(super) name: String,
    /// Whether it is everybody's, and cannot be deleted.
    pub(super) general: bool,
    pub(super) image_name: Option<String>,
    pub(super) build: Option<BuildInfo>,
    pub(super) entrypoint: Option<Vec<String>>,
    pub(super) resources: Resources,
    /// The sandbox whose files it holds.
    pub(super) source: Option<String>,
    pub(super) created_at: Timestamp,
    facts: Mutex<SnapshotFacts>,
}

/// What changes of a snapshot.
#[derive(Debug, Clone)]
pub(super) struct SnapshotFacts {
    pub(super) state: SnapshotState,
    pub(super) error: Option<String>,
    /// What it is made of, once that is there.
    pub(super) image: Option<Arc<Image>>,
    pub(super) updated_at: Timestamp,
    pub(super) last_used_at: Option<Timestamp>,
}

impl Snapshot {
    /// A snapshot in its first state. The fields that callers differ in are set afterwards.
    pub(super) fn new(id: String, name: String, state: SnapshotState, now: Timestamp) -> Self {
        Self {
            id,
            name,
            general: false,
            image_name: None,
            build: None,
            entrypoint: None,
            resources: Resources::default(),
            source: None,
            created_at: now,
            facts: Mutex::new(SnapshotFacts {
                state,
                error: None,
                image: None,
                updated_at: now,
                last_used_at: None,
            }),
        }
    }

    fn general(name: &str, id: &str) -> Self {
        let now = Timestamp::UNIX_EPOCH;
        let mut made = Self::new(id.to_owned(), name.to_owned(), SnapshotState::Active, now);
        made.general = true;
        made.image_name = Some(BUILT_IN_REF.to_owned());
        made.facts().image = Some(Arc::new(Image::built_in()));
        made
    }

    /// What holds now. Never held over an await.
    pub(super) fn facts(&self) -> MutexGuard<'_, SnapshotFacts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its state at this time: one that nobody used for long has gone inactive.
    pub(super) fn state(&self, now: Timestamp) -> SnapshotState {
        let mut facts = self.facts();
        let used = facts
            .last_used_at
            .unwrap_or(facts.updated_at)
            .max(facts.updated_at);
        if facts.state == SnapshotState::Active
            && !self.general
            && now.duration_since(used) > UNUSED_MAX
        {
            facts.state = SnapshotState::Inactive;
        }
        facts.state
    }

    /// Goes on to another state.
    pub(super) fn set(&self, state: SnapshotState, error: Option<String>, now: Timestamp) {
        let mut facts = self.facts();
        facts.state = state;
        facts.error = error;
        facts.updated_at = now;
    }

    /// Its files are there: it can be used.
    pub(super) fn activate(&self, image: Arc<Image>, now: Timestamp) {
        self.facts().image = Some(image);
        self.set(SnapshotState::Active, None, now);
    }
}

/// All snapshots of a stand-in.
#[derive(Debug)]
pub(super) struct Snapshots {
    by_id: Mutex<IndexMap<String, Arc<Snapshot>>>,
}

impl Default for Snapshots {
    fn default() -> Self {
        let general =
            GENERAL.map(|(name, id)| (id.to_owned(), Arc::new(Snapshot::general(name, id))));
        Self {
            by_id: Mutex::new(general.into_iter().collect()),
        }
    }
}

impl Snapshots {
    fn lock(&self) -> MutexGuard<'_, IndexMap<String, Arc<Snapshot>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a snapshot. `None` when its name is taken.
    pub(super) fn add(&self, snapshot: Snapshot) -> Option<Arc<Snapshot>> {
        let mut all = self.lock();
        if all.values().any(|other| other.name == snapshot.name) {
            return None;
        }
        let snapshot = Arc::new(snapshot);
        all.insert(snapshot.id.clone(), Arc::clone(&snapshot));
        Some(snapshot)
    }

    /// By id, else by name.
    pub(super) fn find(&self, id_or_name: &str) -> Option<Arc<Snapshot>> {
        let all = self.lock();
        let named = || all.values().find(|snapshot| snapshot.name == id_or_name);
        all.get(id_or_name).or_else(named).cloned()
    }

    /// Takes one away.
    pub(super) fn remove(&self, id: &str) -> Option<Arc<Snapshot>> {
        self.lock().shift_remove(id)
    }

    /// All, oldest first.
    pub(super) fn all(&self) -> Vec<Arc<Snapshot>> {
        self.lock().values().cloned().collect()
    }
}
