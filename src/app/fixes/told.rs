//! What is told of the fixes that a run wants, for people and for machines.

use serde::Serialize;

use crate::compare::answer::DecisionVerdict;

/// The format of the answer for machines.
pub(super) const FIXES_FORMAT: &str = "cutover.fixes/1";

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FixesTold {
    /// Always `cutover.fixes/1`.
    pub(crate) format: &'static str,
    /// The run.
    pub(crate) run: String,
    /// Who was compared.
    pub(crate) source: String,
    pub(crate) target: String,
    /// What the run's decision was.
    pub(crate) was: DecisionVerdict,
    /// Places that block in it.
    pub(crate) places: usize,
    /// The cases that they are in, which were replayed.
    pub(crate) cases: Vec<String>,
    /// The fixes that are needed; `null` where nothing was replayed, as no blocker has a fix.
    pub(crate) set: Option<SetTold>,
    /// The blockers that no fix removes.
    pub(crate) remaining: Vec<RemainingTold>,
}

/// The smallest set of fixes.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SetTold {
    /// The stack that has it.
    pub(crate) stack: String,
    /// What it came to when exactly this set was replayed.
    pub(crate) verdict: DecisionVerdict,
    /// What keeps that open, if it is inconclusive.
    pub(crate) open: Vec<String>,
    /// How often the cases were replayed.
    pub(crate) replays: usize,
    /// Whether every smaller set was shown not to do; else there were too many to try, and only none
    /// of these can be left out.
    pub(crate) smallest: bool,
    /// The fixes.
    pub(crate) fixes: Vec<FixTold>,
    /// Fixes that blockers name and that are not needed.
    pub(crate) not_needed: Vec<String>,
}

/// A fix that is needed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FixTold {
    /// The quirk that it ends.
    pub(crate) id: String,
    /// That quirk's title; empty where the ledger does not have it.
    pub(crate) title: String,
    /// Whether a blocker's entry names it; else it removes what blocks besides.
    pub(crate) named: bool,
    /// What to change, as the ledger says it.
    pub(crate) change: Option<String>,
    /// What the original does and what is better with the fix, for platform and MCP server.
    pub(crate) repair: String,
    /// What it removes: places that block when it alone is left out.
    pub(crate) removes: Vec<String>,
    /// What the cases come to without it.
    pub(crate) without: DecisionVerdict,
}

/// A blocker that no fix removes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RemainingTold {
    /// What it is: the entry with its title, or what was found.
    pub(crate) what: String,
    /// The ledger entry, if it has one.
    pub(crate) quirk: Option<String>,
    /// Where it is.
    pub(crate) places: Vec<String>,
    /// Why no fix removes it, and what to do.
    pub(crate) why: String,
}
