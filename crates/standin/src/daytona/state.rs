//! The states of a sandbox (contract 1.4).

/// The states that this stand-in has: those of the class `container`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    PendingBuild,
    BuildingSnapshot,
    BuildFailed,
    Creating,
    Started,
    Stopping,
    Stopped,
    Starting,
    Resizing { started: bool },
    Snapshotting { started: bool },
    Archiving,
    Archived,
    Restoring,
    Destroying,
    Error,
}

/// Every state of the contract, in its order: what a filter may name.
pub(super) const WORDS: [&str; 22] = [
    "creating",
    "restoring",
    "destroyed",
    "destroying",
    "started",
    "stopped",
    "starting",
    "stopping",
    "error",
    "build_failed",
    "pending_build",
    "building_snapshot",
    "unknown",
    "pulling_snapshot",
    "archived",
    "archiving",
    "resizing",
    "snapshotting",
    "forking",
    "pausing",
    "paused",
    "resuming",
];

impl State {
    /// The word on the wire.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::PendingBuild => "pending_build",
            Self::BuildingSnapshot => "building_snapshot",
            Self::BuildFailed => "build_failed",
            Self::Creating => "creating",
            Self::Started => "started",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Resizing { .. } => "resizing",
            Self::Snapshotting { .. } => "snapshotting",
            Self::Archiving => "archiving",
            Self::Archived => "archived",
            Self::Restoring => "restoring",
            Self::Destroying => "destroying",
            Self::Error => "error",
        }
    }

    /// Whether a change is under way, so that another one is a conflict.
    pub(super) const fn in_transition(self) -> bool {
        !matches!(
            self,
            Self::Started | Self::Stopped | Self::Archived | Self::Error | Self::BuildFailed
        )
    }

    /// Whether something went wrong for good.
    pub(super) const fn errored(self) -> bool {
        matches!(self, Self::Error | Self::BuildFailed)
    }

    /// What it is on its way to.
    pub(super) const fn desired(self) -> &'static str {
        match self {
            Self::Stopping
            | Self::Stopped
            | Self::Resizing { started: false }
            | Self::Snapshotting { started: false } => "stopped",
            Self::Archiving | Self::Archived => "archived",
            Self::Destroying => "destroyed",
            _ => "started",
        }
    }
}
