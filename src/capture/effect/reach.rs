//! An effect: how far it reaches, and what shows that.

/// How far a call reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// It reads.
    Reads,
    /// It changes its sandbox.
    Changes,
    /// It reads from the network.
    Network,
    /// It changes something outside.
    Outside,
}

/// What a call does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Effect {
    /// How far it reaches.
    pub(crate) reach: Reach,
    /// What in it shows that, for those that leave the sandbox: `git push`.
    pub(crate) what: String,
}

impl Effect {
    pub(super) fn new(reach: Reach, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { reach, what }
    }

    pub(super) fn reads() -> Self {
        Self::new(Reach::Reads, "")
    }

    pub(super) fn changes() -> Self {
        Self::new(Reach::Changes, "")
    }

    pub(super) fn network(what: impl Into<String>) -> Self {
        Self::new(Reach::Network, what)
    }

    pub(super) fn outside(what: impl Into<String>) -> Self {
        Self::new(Reach::Outside, what)
    }

    /// The one that reaches further; the first of equals.
    pub(super) fn max(self, other: Self) -> Self {
        if other.reach > self.reach {
            other
        } else {
            self
        }
    }
}
