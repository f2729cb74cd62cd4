//! One sandbox: what was asked for, what holds now, and its face on the wire.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::standin::daytona::toolbox::session::Session;
use crate::standin::daytona::world::{ORGANIZATION, World};
use crate::standin::engine::{EngineSandbox, Identity};

/// The states of contract 1.4 that this stand-in has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Creating,
    Started,
    Stopping,
    Stopped,
    Starting,
    Archiving,
    Archived,
    Restoring,
    Destroying,
    Error,
}

impl State {
    /// The word on the wire.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Started => "started",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Archiving => "archiving",
            Self::Archived => "archived",
            Self::Restoring => "restoring",
            Self::Destroying => "destroying",
            Self::Error => "error",
        }
    }

    /// Whether a change is under way, so that another one is a conflict.
    pub(super) const fn in_transition(self) -> bool {
        matches!(
            self,
            Self::Creating
                | Self::Stopping
                | Self::Starting
                | Self::Archiving
                | Self::Restoring
                | Self::Destroying
        )
    }

    const fn desired(self) -> &'static str {
        match self {
            Self::Stopping | Self::Stopped => "stopped",
            Self::Archiving | Self::Archived => "archived",
            Self::Destroying => "destroyed",
            Self::Creating | Self::Started | Self::Starting | Self::Restoring | Self::Error => {
                "started"
            }
        }
    }
}

/// What does not change after a sandbox is made.
#[derive(Debug, Clone)]
pub(super) struct Fixed {
    pub(super) id: String,
    /// Name of the snapshot it was made from.
    pub(super) snapshot: String,
    pub(super) user: String,
    pub(super) env: BTreeMap<String, String>,
    pub(super) target: String,
    pub(super) network_block_all: bool,
    pub(super) created_at: Timestamp,
}

/// What changes.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) labels: Map<String, Value>,
    pub(super) public: bool,
    pub(super) state: State,
    pub(super) error: Option<String>,
    /// Minutes without activity before it is stopped; 0 never.
    pub(super) auto_stop_min: i64,
    /// Minutes stopped before it is archived; 0 the longest.
    pub(super) auto_archive_min: i64,
    /// Minutes stopped before it is destroyed; negative never, 0 at once (ephemeral).
    pub(super) auto_delete_min: i64,
    pub(super) updated_at: Timestamp,
    pub(super) last_activity_at: Timestamp,
    pub(super) stopped_at: Option<Timestamp>,
    /// Until when the proxy remembers that the key may use this sandbox (contract 2.2).
    pub(super) proxy_cached_until: Option<Timestamp>,
    /// The machine beneath has failed, though the control plane has not noticed.
    pub(super) dead: bool,
}

/// Where and as whom things run in a sandbox.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) home: String,
    pub(super) work_dir: String,
    pub(super) identity: Identity,
}

/// A sandbox that exists.
#[derive(Debug)]
pub(super) struct Sandbox {
    pub(super) fixed: Fixed,
    pub(super) engine: Arc<dyn EngineSandbox>,
    pub(super) place: Place,
    facts: Mutex<Facts>,
    /// Ends with the stand-in, and every boot with it.
    stop: CancellationToken,
    /// Ends what belongs to the present boot: commands, sessions. Replaced by a start.
    boot: Mutex<CancellationToken>,
    /// Sessions of the present boot by id.
    sessions: Mutex<IndexMap<String, Arc<Session>>>,
    /// Leaders of the process groups of the present boot.
    groups: Mutex<Vec<u32>>,
    /// Whether process ids inside are its own, so that "all processes" means the sandbox's.
    pub(super) own_process_ids: bool,
    /// Toolbox requests at work: while there are any, the sandbox is active.
    pub(super) busy: AtomicUsize,
}

/// A lock whose holder cannot leave a half-made value behind, so a poisoned one is still good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sandbox {
    /// A sandbox on a fresh boot, which ends at the latest with `stop`.
    pub(super) fn new(
        fixed: Fixed,
        facts: Facts,
        engine: Arc<dyn EngineSandbox>,
        place: Place,
        own_process_ids: bool,
        stop: CancellationToken,
    ) -> Self {
        Self {
            fixed,
            engine,
            place,
            facts: Mutex::new(facts),
            boot: Mutex::new(stop.child_token()),
            stop,
            sessions: Mutex::default(),
            groups: Mutex::default(),
            own_process_ids,
            busy: AtomicUsize::new(0),
        }
    }

    /// What holds now. Never held over an await.
    pub(super) fn facts(&self) -> MutexGuard<'_, Facts> {
        lock(&self.facts)
    }

    /// Ends with the present boot.
    pub(super) fn boot(&self) -> CancellationToken {
        lock(&self.boot).clone()
    }

    /// Begins a new boot.
    pub(super) fn new_boot(&self) {
        *lock(&self.boot) = self.stop.child_token();
    }

    /// Sessions of the present boot. Never held over an await.
    pub(super) fn sessions(&self) -> MutexGuard<'_, IndexMap<String, Arc<Session>>> {
        lock(&self.sessions)
    }

    /// Process groups of the present boot. Never held over an await.
    pub(super) fn groups(&self) -> MutexGuard<'_, Vec<u32>> {
        lock(&self.groups)
    }

    /// Notes activity, which puts the automatic stop off.
    pub(super) fn touch(&self, now: Timestamp) {
        let mut facts = self.facts();
        facts.last_activity_at = facts.last_activity_at.max(now);
    }

    /// The sandbox as the control plane shows it (contract 1.4).
    pub(super) fn dto(&self, world: &World) -> Value {
        let facts = self.facts().clone();
        let fixed = &self.fixed;
        let mut dto = json!({
            "id": fixed.id,
            "organizationId": ORGANIZATION,
            "name": facts.name,
            "target": fixed.target,
            "snapshot": fixed.snapshot,
            "user": fixed.user,
            "env": fixed.env,
            "cpu": 1,
            "gpu": 0,
            "memory": 1,
            "disk": 3,
            "public": facts.public,
            "networkBlockAll": fixed.network_block_all,
            "kvm": false,
            "labels": facts.labels,
            "volumes": [],
            "state": facts.state.word(),
            "desiredState": facts.state.desired(),
            "backupState": "None",
            "autoStopInterval": facts.auto_stop_min,
            "autoArchiveInterval": facts.auto_archive_min,
            "autoDeleteInterval": facts.auto_delete_min,
            "sandboxClass": "container",
            "createdAt": iso(fixed.created_at),
            "updatedAt": iso(facts.updated_at),
            "lastActivityAt": iso(facts.last_activity_at),
            "toolboxProxyUrl": world.toolbox_url(),
        });
        if let (Some(error), Some(fields)) = (facts.error, dto.as_object_mut()) {
            fields.insert("errorReason".to_owned(), Value::String(error));
            fields.insert("recoverable".to_owned(), Value::Bool(false));
        }
        dto
    }

    /// The sandbox as an item of a list: without what only the whole shows.
    pub(super) fn list_item(&self, world: &World) -> Value {
        let mut dto = self.dto(world);
        if let Some(fields) = dto.as_object_mut() {
            fields.shift_remove("env");
            fields.shift_remove("volumes");
        }
        dto
    }
}

/// A time as JavaScript writes it: milliseconds and `Z`.
pub(super) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
