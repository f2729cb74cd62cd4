//! A sandbox as E2B sees it: its life, and the facts that its answers repeat.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::standin::e2b::process::table::ProcessTable;
use crate::standin::e2b::template::Template;
use crate::standin::e2b::watchers::Watchers;
use crate::standin::engine::{EngineSandbox, Profile};

/// Hours a sandbox may run in all (contract 8: the Pro plan's).
pub(crate) const LIFETIME_HOURS_MAX: i64 = 24;

/// The node said of every sandbox; deprecated, any string (contract 1.7).
pub(crate) const CLIENT_ID: &str = "6532622b";

/// The envd this stand-in behaves like (contract 9).
pub(crate) const ENVD_VERSION: &str = "0.6.13";

/// A sandbox that has not been killed.
#[derive(Debug)]
pub(crate) struct Sandbox {
    /// Its id.
    pub(crate) id: String,
    /// What it was made of.
    pub(crate) template: &'static Template,
    /// The image.
    pub(crate) profile: Profile,
    /// The creator's labels.
    pub(crate) metadata: BTreeMap<String, String>,
    /// Sandbox-wide environment, the system's own entries included.
    pub(crate) envs: BTreeMap<String, String>,
    /// What envd asks for in `X-Access-Token`; `None` leaves it open (v1 without `secure`).
    pub(crate) token: Option<String>,
    /// When it was made.
    pub(crate) started_at: Timestamp,
    /// Whether it is paused, not killed, when its time has come.
    pub(crate) auto_pause: bool,
    /// `allow_internet_access` as it was sent.
    pub(crate) allow_internet: Option<bool>,
    /// What runs it.
    pub(crate) engine: Arc<dyn EngineSandbox>,
    /// What envd started in it.
    pub(crate) processes: ProcessTable,
    /// Watchers that clients poll.
    pub(crate) watchers: Watchers,
    /// Cancelled when it is killed.
    pub(crate) dead: CancellationToken,
    /// Its share of the account's concurrency.
    pub(crate) _slot: OwnedSemaphorePermit,
    /// What changes in its life.
    pub(crate) life: Mutex<Life>,
}

/// What changes in a sandbox's life.
#[derive(Debug)]
pub(crate) struct Life {
    /// When it expires, or when it was paused.
    pub(crate) end_at: Timestamp,
    /// Whether it is paused.
    pub(crate) paused: bool,
    /// Cancelled when connections to its envd break: pause or death.
    pub(crate) link: CancellationToken,
    /// When it last began to run, for the plan's limit.
    pub(crate) running_since: Timestamp,
}

impl Sandbox {
    /// The current life.
    pub(crate) fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it runs at `now`: neither paused nor past its end.
    pub(crate) fn is_running(&self, now: Timestamp) -> bool {
        let life = self.life();
        !life.paused && life.end_at > now
    }

    /// What breaks when it is paused or killed.
    pub(crate) fn link(&self) -> CancellationToken {
        self.life().link.clone()
    }

    /// Sets the end to `seconds` from `now`, never beyond the plan's limit. With
    /// `shorter: false` an end that is later stays. False when the limit has passed already.
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

    /// Freezes it: its connections break, its end is now. False if it was paused already.
    pub(crate) fn pause(&self, now: Timestamp) -> bool {
        let mut life = self.life();
        if life.paused {
            return false;
        }
        life.paused = true;
        life.end_at = now;
        life.link.cancel();
        true
    }

    /// Lets it run again. False if it was not paused.
    pub(crate) fn resume(&self, now: Timestamp, seconds: i64) -> bool {
        let mut life = self.life();
        if !life.paused {
            return false;
        }
        life.paused = false;
        life.running_since = now;
        life.end_at = later(now, seconds);
        life.link = self.dead.child_token();
        true
    }
}

/// Whether an end may come earlier than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shorten {
    /// As `POST /timeout` does.
    Allowed,
    /// As connect and refreshes do.
    Never,
}

/// `at` and so many seconds.
pub(crate) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
