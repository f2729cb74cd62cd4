//! A sandbox as E2B sees it: the facts that its answers repeat, and what runs it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::e2b::image::Image;
use crate::e2b::log::{Level, SandboxLog};
use crate::e2b::network::Network;
use crate::e2b::process::table::ProcessTable;
use crate::e2b::slots::Slot;
use crate::e2b::state::{Life, PauseMode, State, later};
use crate::e2b::template::{Defaults, Template};
use crate::e2b::usage::UsageHistory;
use crate::e2b::watchers::Watchers;
use crate::engine::{EngineSandbox, Profile};

/// Hours a sandbox may run in all (contract 8: the Pro plan's).
pub(crate) const LIFETIME_HOURS_MAX: i64 = 24;

/// The node said of every sandbox; deprecated, any string (contract 1.7).
pub(crate) const CLIENT_ID: &str = "6532622b";

/// The envd this stand-in behaves like (contract 9).
pub(crate) const ENVD_VERSION: &str = "0.6.13";

/// Requests to user ports of one sandbox at once. The provider has a limit and does not publish
/// it; this one bounds our sockets.
pub(crate) const INCOMING_MAX: usize = 256;

/// A sandbox that has not been killed. A cold boot replaces it by another one of the same id.
#[derive(Debug)]
pub(crate) struct Sandbox {
    /// Its id.
    pub(crate) id: String,
    /// What it was made of.
    pub(crate) template: Template,
    /// The image.
    pub(crate) profile: Profile,
    /// As whom and where things happen in it when a request does not say.
    pub(crate) defaults: Defaults,
    /// What its files lie upon, where that is not the stand-in's own; held as long as it lives.
    pub(crate) image: Option<Image>,
    /// The creator's labels.
    pub(crate) metadata: BTreeMap<String, String>,
    /// Sandbox-wide environment, the system's own entries included.
    pub(crate) envs: BTreeMap<String, String>,
    /// What envd asks for in `X-Access-Token`; `None` leaves it open (v1 without `secure`).
    pub(crate) token: Option<String>,
    /// What user ports ask for in `E2B-Traffic-Access-Token`; `None` leaves them open.
    pub(crate) traffic_token: Option<String>,
    /// When it was made.
    pub(crate) started_at: Timestamp,
    /// What its creator decided about its end.
    pub(crate) lifecycle: Lifecycle,
    /// Egress and ingress as its creator, or a later `PUT .../network`, said it.
    pub(crate) network: Arc<Mutex<Network>>,
    /// What runs it.
    pub(crate) engine: Arc<dyn EngineSandbox>,
    /// What envd started in it.
    pub(crate) processes: ProcessTable,
    /// Watchers that clients poll.
    pub(crate) watchers: Watchers,
    /// Cancelled when it is killed or booted cold.
    pub(crate) dead: CancellationToken,
    /// Room for requests to its user ports.
    pub(crate) incoming: Arc<Semaphore>,
    /// What happened to it.
    pub(crate) log: Arc<SandboxLog>,
    /// What it used when somebody asked.
    pub(crate) usage: Arc<UsageHistory>,
    /// Its share of the account's concurrency, and of what the stand-in can hold.
    pub(crate) slot: Arc<Slot>,
    /// What changes in its life.
    pub(crate) life: Mutex<Life>,
    /// Told whenever a transition is over.
    pub(crate) settled: watch::Sender<()>,
}

/// What a creator decided about a sandbox's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifecycle {
    /// How it is paused, not killed, when its time has come.
    pub(crate) auto_pause: Option<PauseMode>,
    /// Whether traffic wakes it up from a pause with memory.
    pub(crate) auto_resume: bool,
    /// Seconds it was first given.
    pub(crate) seconds: i64,
}

impl Sandbox {
    /// The current life.
    pub(crate) fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current network settings.
    pub(crate) fn network(&self) -> MutexGuard<'_, Network> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it runs at `now`: neither paused nor past its end.
    pub(crate) fn is_running(&self, now: Timestamp) -> bool {
        let life = self.life();
        life.state.runs() && life.end_at > now
    }

    /// What breaks when it is paused or killed.
    pub(crate) fn link(&self) -> CancellationToken {
        self.life().link.clone()
    }

    /// Sets the end to `seconds` from `now`, never beyond the plan's limit. With
    /// [`Shorten::Never`] an end that is later stays. False when the limit has passed already.
    pub(crate) fn keep_alive(&self, now: Timestamp, seconds: i64, shorter: Shorten) -> bool {
        let mut life = self.life();
        let last = later(life.running_since, LIFETIME_HOURS_MAX * 3600);
        if now >= last {
            return false;
        }
        let wanted = later(now, seconds).min(last);
        if shorter == Shorten::Allowed || wanted > life.end_at {
            life.end_at = wanted;
        }
        true
    }

    /// Begins a transition from exactly this state; the state it is in, if that is another.
    pub(crate) fn begin(&self, from: State, to: State) -> Result<(), State> {
        let mut life = self.life();
        if life.state != from {
            return Err(life.state);
        }
        life.state = to;
        Ok(())
    }

    /// Ends a transition and wakes up who waits for that.
    pub(crate) fn settle(&self, change: impl FnOnce(&mut Life)) {
        change(&mut self.life());
        self.settled.send_replace(());
    }

    /// Waits while it is in a transition. Safe to drop at any await point.
    pub(crate) async fn wait_settled(&self) {
        let mut settled = self.settled.subscribe();
        while self.life().state.is_transition() {
            // The sender lives as long as `self`, so an error cannot happen while we wait.
            if settled.changed().await.is_err() {
                return;
            }
        }
    }

    /// The same machine after a cold boot: files stay; processes, watchers and the creator's
    /// environment are gone (contract 1.9).
    pub(crate) fn rebooted(&self, dead: CancellationToken, now: Timestamp, seconds: i64) -> Self {
        Self {
            id: self.id.clone(),
            template: self.template.clone(),
            profile: self.profile.clone(),
            defaults: self.defaults.clone(),
            image: self.image.clone(),
            metadata: self.metadata.clone(),
            envs: environment(BTreeMap::new(), &self.id, &self.template),
            token: self.token.clone(),
            traffic_token: self.traffic_token.clone(),
            started_at: self.started_at,
            lifecycle: self.lifecycle,
            network: Arc::clone(&self.network),
            engine: Arc::clone(&self.engine),
            processes: ProcessTable::new(Arc::clone(&self.log)),
            watchers: Watchers::default(),
            life: Mutex::new(Life::running(&dead, now, seconds)),
            dead,
            incoming: Arc::clone(&self.incoming),
            log: Arc::clone(&self.log),
            usage: Arc::clone(&self.usage),
            slot: Arc::clone(&self.slot),
            settled: watch::Sender::new(()),
        }
    }

    /// Notes what happened to it.
    pub(crate) fn note(&self, level: Level, message: impl Into<String>) {
        self.log.add(level, message.into(), BTreeMap::new());
    }
}

/// The sandbox-wide environment: the creator's may replace anything but the system's own entries.
pub(crate) fn environment(
    mut envs: BTreeMap<String, String>,
    id: &str,
    template: &Template,
) -> BTreeMap<String, String> {
    for (name, value) in [
        ("E2B_SANDBOX", "true"),
        ("E2B_SANDBOX_ID", id),
        ("E2B_TEMPLATE_ID", &template.id),
    ] {
        envs.insert(name.to_owned(), value.to_owned());
    }
    envs
}

/// Whether an end may come earlier than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shorten {
    /// As `POST /timeout` does.
    Allowed,
    /// As connect and refreshes do.
    Never,
}
