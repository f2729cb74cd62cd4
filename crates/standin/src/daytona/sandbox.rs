//! One sandbox: what was asked for, and what holds now.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::daytona::boot::{Live, Session};
use crate::daytona::image::{Image, Place};
use crate::daytona::no_machine::NoMachine;
use crate::daytona::spool::Spooled;
pub(super) use crate::daytona::state::State;
use crate::engine::{EngineSandbox, Identity};
use crate::shared::Archive;

/// What does not change after a sandbox is made.
#[derive(Debug, Clone)]
pub(super) struct Fixed {
    pub(super) id: String,
    /// Name of the snapshot it was made from, if it was.
    pub(super) snapshot: Option<String>,
    /// The build it was made from, if it was.
    pub(super) build: Option<BuildInfo>,
    pub(super) user: String,
    /// What its processes get beyond the built-in image's: the image's ENV, then what was asked
    /// for.
    pub(super) env: BTreeMap<String, String>,
    /// What was asked for.
    pub(super) env_shown: BTreeMap<String, String>,
    /// What its snapshot runs in place of the image's ENTRYPOINT, if it says so.
    pub(super) entrypoint: Option<Vec<String>>,
    pub(super) target: String,
    pub(super) created_at: Timestamp,
}

/// A declarative build as it was asked for.
#[derive(Debug, Clone)]
pub(super) struct BuildInfo {
    pub(super) dockerfile: String,
    pub(super) hashes: Vec<String>,
    pub(super) reference: String,
    pub(super) created_at: Timestamp,
}

/// What a sandbox or snapshot is promised: cores, GiB, GiB. The embedded engine has one size, so
/// these are counted and shown, not measured out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resources {
    pub(super) cpu: i64,
    pub(super) memory: i64,
    pub(super) disk: i64,
}

impl Default for Resources {
    fn default() -> Self {
        Self {
            cpu: 1,
            memory: 1,
            disk: 3,
        }
    }
}

/// What of the network was asked for. The operator's choice stands above it.
#[derive(Debug, Clone, Default)]
pub(super) struct Network {
    pub(super) block_all: bool,
    pub(super) allow_list: Option<String>,
    pub(super) domains: Option<String>,
}

/// What changes.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) labels: Map<String, Value>,
    pub(super) public: bool,
    pub(super) state: State,
    pub(super) error: Option<String>,
    pub(super) resources: Resources,
    pub(super) network: Network,
    /// Minutes without activity before it is stopped; 0 never.
    pub(super) auto_stop_min: i64,
    /// Minutes stopped before it is archived; 0 the longest.
    pub(super) auto_archive_min: i64,
    /// Minutes stopped before it is destroyed; negative never, 0 at once (ephemeral).
    pub(super) auto_delete_min: i64,
    /// When it is destroyed whatever its state.
    pub(super) destroy_at: Option<Timestamp>,
    pub(super) backup: Backup,
    /// Opens its preview ports; a start makes a new one (contract 7.1).
    pub(super) preview_token: String,
    pub(super) updated_at: Timestamp,
    pub(super) last_activity_at: Timestamp,
    pub(super) stopped_at: Option<Timestamp>,
    /// Until when the proxy remembers that the key may use this sandbox (contract 2.2).
    pub(super) proxy_cached_until: Option<Timestamp>,
    /// The machine beneath has failed, though the control plane has not noticed.
    pub(super) dead: bool,
}

/// How the backup of a sandbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backup {
    None,
    InProgress,
    Failed,
    Completed(Timestamp),
}

/// A place that is known once the image is there. Nothing runs in a sandbox before.
#[derive(Debug)]
pub(super) struct LatePlace {
    known: OnceLock<Place>,
    none_yet: Place,
}

impl Default for LatePlace {
    fn default() -> Self {
        Self {
            known: OnceLock::new(),
            none_yet: Place {
                home: "/".to_owned(),
                work_dir: "/".to_owned(),
                identity: Identity::User {
                    uid: 65_534,
                    gid: 65_534,
                    groups: Vec::new(),
                },
            },
        }
    }
}

impl Deref for LatePlace {
    type Target = Place;

    fn deref(&self) -> &Place {
        self.known.get().unwrap_or(&self.none_yet)
    }
}

/// A machine that is known once it is made; where a build comes first, that is late.
#[derive(Debug)]
pub(super) struct LateMachine {
    known: OnceLock<Arc<dyn EngineSandbox>>,
    none_yet: Arc<dyn EngineSandbox>,
}

impl Default for LateMachine {
    fn default() -> Self {
        Self {
            known: OnceLock::new(),
            none_yet: Arc::new(NoMachine),
        }
    }
}

impl LateMachine {
    /// It is made. Nobody makes a second one.
    pub(super) fn settle(&self, machine: Arc<dyn EngineSandbox>) {
        let _ = self.known.set(machine);
    }
}

impl Deref for LateMachine {
    type Target = Arc<dyn EngineSandbox>;

    fn deref(&self) -> &Arc<dyn EngineSandbox> {
        self.known.get().unwrap_or(&self.none_yet)
    }
}

/// A sandbox that exists.
#[derive(Debug)]
pub(super) struct Sandbox {
    pub(super) fixed: Fixed,
    pub(super) engine: LateMachine,
    pub(super) place: LatePlace,
    image: OnceLock<Arc<Image>>,
    /// The files of its last backup.
    backup: Mutex<Option<Archive>>,
    facts: Mutex<Facts>,
    /// Ends with the stand-in, and every boot with it.
    stop: CancellationToken,
    /// Ends what belongs to the present boot: commands, sessions. Replaced by a start.
    boot: Mutex<CancellationToken>,
    /// Sessions of the present boot by id.
    sessions: Mutex<IndexMap<String, Arc<Session>>>,
    /// Leaders of the process groups of the present boot.
    groups: Mutex<Vec<u32>>,
    /// What else the daemon of the present boot keeps in memory.
    pub(super) live: Live,
    /// Requests at work: while there are any, the sandbox is active.
    pub(super) in_use: AtomicUsize,
    /// Output that is on its way out.
    pub(super) spooled: Spooled,
}

/// A lock whose holder cannot leave a half-made value behind, so a poisoned one is still good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sandbox {
    /// A sandbox on a fresh boot, which ends at the latest with `stop`.
    pub(super) fn new(fixed: Fixed, facts: Facts, stop: CancellationToken) -> Self {
        Self {
            fixed,
            engine: LateMachine::default(),
            place: LatePlace::default(),
            image: OnceLock::new(),
            backup: Mutex::default(),
            facts: Mutex::new(facts),
            boot: Mutex::new(stop.child_token()),
            stop,
            sessions: Mutex::default(),
            groups: Mutex::default(),
            live: Live::default(),
            in_use: AtomicUsize::new(0),
            spooled: Spooled::default(),
        }
    }

    /// What it is made of, once that is there.
    pub(super) fn image(&self) -> Option<&Arc<Image>> {
        self.image.get()
    }

    /// Tells what it is made of; once.
    pub(super) fn settle(&self, image: Arc<Image>, place: Place) {
        // A second time changes nothing: both hold for the life of the sandbox.
        let _ = self.image.set(image);
        let _ = self.place.known.set(place);
    }

    /// Keeps the files of a backup in place of those before.
    pub(super) fn keep_backup(&self, files: Archive) {
        *lock(&self.backup) = Some(files);
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
}
