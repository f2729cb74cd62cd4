//! What changes in a sandbox's life (contract 1.9).

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

/// What changes in a sandbox's life.
#[derive(Debug)]
pub(crate) struct Life {
    /// When it expires, or when it was paused.
    pub(crate) end_at: Timestamp,
    /// Where it is.
    pub(crate) state: State,
    /// Cancelled when connections to it break: pause or death.
    pub(crate) link: CancellationToken,
    /// When it last began to run, for the plan's limit.
    pub(crate) running_since: Timestamp,
}

/// Where a sandbox is in its life. One that is being killed is in none: nobody finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It runs.
    Running,
    /// It runs, and its files are being copied.
    Snapshotting,
    /// It is being paused.
    Pausing,
    /// It is paused.
    Paused(PauseMode),
    /// It is being resumed from this pause.
    Resuming(PauseMode),
}

/// What a pause keeps (`pauseMode`, contract 1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PauseMode {
    /// Files and processes.
    Full,
    /// Files only.
    Filesystem,
}

impl Life {
    /// A life that begins now.
    pub(crate) fn running(dead: &CancellationToken, now: Timestamp, seconds: i64) -> Self {
        Self {
            end_at: later(now, seconds),
            state: State::Running,
            link: dead.child_token(),
            running_since: now,
        }
    }
}

impl State {
    /// Whether requests reach it.
    pub(crate) const fn runs(self) -> bool {
        matches!(self, Self::Running | Self::Snapshotting)
    }

    /// Whether it will soon be in another state by itself.
    pub(crate) const fn is_transition(self) -> bool {
        matches!(self, Self::Snapshotting | Self::Pausing | Self::Resuming(_))
    }

    /// The provider's word in `cannot be paused while in '<state>' state`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Snapshotting => "snapshotting",
            Self::Pausing => "pausing",
            Self::Paused(_) => "paused",
            Self::Resuming(_) => "resuming",
        }
    }

    /// What `SandboxDetail.state` says: what is being paused is paused, what is being resumed is
    /// not running yet.
    pub(crate) const fn shown(self) -> &'static str {
        if self.runs() { "running" } else { "paused" }
    }

    /// What kind of pause it is in.
    pub(crate) const fn pause_mode(self) -> Option<PauseMode> {
        match self {
            Self::Paused(mode) | Self::Resuming(mode) => Some(mode),
            Self::Running | Self::Snapshotting | Self::Pausing => None,
        }
    }
}

impl PauseMode {
    /// The word on the wire.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Filesystem => "filesystem",
        }
    }

    /// What `memory` in a request means; absent is with memory.
    pub(crate) const fn of_memory(memory: Option<bool>) -> Self {
        match memory {
            Some(false) => Self::Filesystem,
            Some(true) | None => Self::Full,
        }
    }
}

/// `at` and so many seconds.
pub(crate) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
