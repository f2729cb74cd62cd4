//! A sandbox at a provider, as a driver knows it.

use indexmap::IndexMap;
use serde_json::Value;

/// Labels of a sandbox, to find it by.
pub type Labels = IndexMap<String, String>;

/// A sandbox that exists at a provider. What a driver needs to address it, and nothing secret is
/// shown by `Debug`.
#[derive(Clone, PartialEq)]
pub struct SandboxHandle {
    /// The provider's id.
    pub id: String,
    /// The driver's own facts: host, access token.
    pub private: Value,
}

impl std::fmt::Debug for SandboxHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SandboxHandle")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Whether a destroy had anything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destroyed {
    /// It was there, and is gone or going now.
    Now,
    /// It was gone before.
    AlreadyGone,
}

/// What state a sandbox is in, provider-neutral. A state that leads to one of these counts as that
/// one, as E2B's own answers have it: a sandbox that is being paused is `paused`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxState {
    /// It runs.
    Running,
    /// Its memory is kept, and it goes on where it was (E2B).
    Paused,
    /// Its files are kept (Daytona).
    Stopped,
    /// Its files are kept elsewhere (Daytona).
    Archived,
    /// It failed at the provider (Daytona).
    Error,
    /// It is not there.
    Gone,
}

impl SandboxState {
    /// The word in outcomes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Archived => "archived",
            Self::Error => "error",
            Self::Gone => "gone",
        }
    }
}

/// How a sandbox is put to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspend {
    /// Daytona's stop.
    Stop,
    /// E2B's pause.
    Pause,
}

/// Facts about the provider behind a driver.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DriverFacts {
    /// Base URL of the control plane.
    pub endpoint: String,
    /// Version of the control plane.
    pub api: Option<String>,
    /// Version of the daemon in the sandbox.
    pub daemon: Option<String>,
    /// Template or snapshot.
    pub image: Option<String>,
    /// Region.
    pub region: Option<String>,
}
