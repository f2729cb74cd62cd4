//! One snapshot (contract section 5).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::daytona::image::{BUILT_IN_REF, Image};
use crate::daytona::sandbox::{BuildInfo, Resources};
use crate::engine::ImageFacts;

/// The snapshot of a sandbox that names none; Daytona keeps sandboxes of it warm.
pub(in crate::daytona) const DEFAULT: &str = "daytonaio/sandbox:0.8.0";

/// How long a snapshot stays active that nobody uses (contract 5.3).
const UNUSED_MAX: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The states of contract 5.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daytona) enum SnapshotState {
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
    pub(in crate::daytona) const fn word(self) -> &'static str {
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
pub(in crate::daytona) struct Snapshot {
    pub(in crate::daytona) id: String,
    pub(in crate::daytona) name: String,
    /// Whether it is everybody's, and cannot be deleted.
    pub(in crate::daytona) general: bool,
    pub(in crate::daytona) image_name: Option<String>,
    pub(in crate::daytona) build: Option<BuildInfo>,
    pub(in crate::daytona) entrypoint: Option<Vec<String>>,
    pub(in crate::daytona) resources: Resources,
    /// The sandbox whose files it holds.
    pub(in crate::daytona) source: Option<String>,
    pub(in crate::daytona) created_at: Timestamp,
    facts: Mutex<SnapshotFacts>,
}

/// What changes of a snapshot.
#[derive(Debug, Clone)]
pub(in crate::daytona) struct SnapshotFacts {
    pub(in crate::daytona) state: SnapshotState,
    pub(in crate::daytona) error: Option<String>,
    /// What it is made of, once that is there.
    pub(in crate::daytona) image: Option<Arc<Image>>,
    pub(in crate::daytona) updated_at: Timestamp,
    pub(in crate::daytona) last_used_at: Option<Timestamp>,
}

impl Snapshot {
    /// A snapshot in its first state. The fields that callers differ in are set afterwards.
    pub(in crate::daytona) fn new(
        id: String,
        name: String,
        state: SnapshotState,
        now: Timestamp,
    ) -> Self {
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

    /// The built-in image under a name that everybody has.
    pub(super) fn general(name: &str, id: &str, image: Option<&ImageFacts>) -> Self {
        let now = Timestamp::UNIX_EPOCH;
        let mut made = Self::new(id.to_owned(), name.to_owned(), SnapshotState::Active, now);
        made.general = true;
        made.image_name = Some(BUILT_IN_REF.to_owned());
        made.facts().image = Some(Arc::new(Image::general(image)));
        made
    }

    /// What holds now. Never held over an await.
    pub(in crate::daytona) fn facts(&self) -> MutexGuard<'_, SnapshotFacts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its state at this time: one that nobody used for long has gone inactive.
    pub(in crate::daytona) fn state(&self, now: Timestamp) -> SnapshotState {
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
    pub(in crate::daytona) fn set(
        &self,
        state: SnapshotState,
        error: Option<String>,
        now: Timestamp,
    ) {
        let mut facts = self.facts();
        facts.state = state;
        facts.error = error;
        facts.updated_at = now;
    }

    /// Its files are there: it can be used.
    pub(in crate::daytona) fn activate(&self, image: Arc<Image>, now: Timestamp) {
        self.facts().image = Some(image);
        self.set(SnapshotState::Active, None, now);
    }
}
