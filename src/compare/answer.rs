//! The two answers as data: drift and decision, and what they rest on.

use cutover_base::side::Side;
use cutover_base::words::by_count;
use serde::{Deserialize, Serialize};

use crate::compare::limit::Limit;
use crate::compare::verdict::{CaseVerdict, Effect, Gate, Verdict};

/// Has anything changed since the last time we looked?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The first of `reasons` by precedence.
    pub verdict: DriftVerdict,
    /// All reasons, by precedence.
    pub reasons: Vec<(DriftVerdict, String)>,
    /// Fingerprints not seen by the run of `--since`.
    pub new: Vec<String>,
    /// Fingerprints that run had and this has not.
    pub gone: Vec<String>,
    /// That run's id.
    pub since: Option<String>,
}

/// The words of drift, with their exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftVerdict {
    /// 0: identical, equivalent, known.
    Unchanged,
    /// 1: new divergence, failed expectation, unstable side.
    Changed,
    /// 3: harness or provider errors, a required case unsupported, a cap.
    Unjudged,
    /// 4: nothing selected or judged.
    Nothing,
    /// 5: stale or expired ledger entries.
    Stale,
    /// 6: noise over the limit.
    Noisy,
    /// 7: something was left behind.
    Leaked,
    /// 8: a secret was found in an artefact.
    SecretFound,
    /// 129, 130 or 143: interrupted by this signal.
    Interrupted(i32),
}

impl DriftVerdict {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Unjudged => "unjudged",
            Self::Nothing => "nothing",
            Self::Stale => "stale",
            Self::Noisy => "noisy",
            Self::Leaked => "leaked",
            Self::SecretFound => "secret_found",
            Self::Interrupted(_) => "interrupted",
        }
    }

    /// The exit code of `cutover run`.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Unchanged => 0,
            Self::Changed => 1,
            Self::Unjudged => 3,
            Self::Nothing => 4,
            Self::Stale => 5,
            Self::Noisy => 6,
            Self::Leaked => 7,
            Self::SecretFound => 8,
            Self::Interrupted(1) => 129,
            Self::Interrupted(15) => 143,
            Self::Interrupted(_) => 130,
        }
    }

    /// Lower stands before higher when several hold: 2 > 8 > 130 > 4 > 1 > 3 > 5 > 6 > 7.
    pub const fn precedence(self) -> u8 {
        match self {
            Self::SecretFound => 1,
            Self::Interrupted(_) => 2,
            Self::Nothing => 3,
            Self::Changed => 4,
            Self::Unjudged => 5,
            Self::Stale => 6,
            Self::Noisy => 7,
            Self::Leaked => 8,
            Self::Unchanged => 9,
        }
    }
}

/// May we cut over?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub verdict: DecisionVerdict,
    /// What the answer rests on.
    pub scope: Scope,
    /// What decided it, a sentence each: the blockers of a NO-GO, what keeps an inconclusive one
    /// open, what a GO rests on.
    pub reasons: Vec<String>,
    /// What the answer rests on or leaves open, worst first.
    pub limits: Vec<Limit>,
    /// What blocks, a sentence each.
    pub blockers: Vec<String>,
    /// What would keep the question open if nothing blocked, a sentence each; empty otherwise.
    pub open: Vec<String>,
    /// What decides nothing and must be said, a sentence each.
    pub remarks: Vec<String>,
}

impl Decision {
    /// The reasons but for the blockers, for whoever shows those apart.
    pub fn other_reasons(&self) -> Vec<String> {
        let is_other = |reason: &&String| !self.blockers.contains(reason);
        self.reasons.iter().filter(is_other).cloned().collect()
    }
}

/// The words of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the words say it")]
pub enum DecisionVerdict {
    Go,
    GoWithLimits,
    NoGo,
    Inconclusive,
}

impl DecisionVerdict {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Go => "GO",
            Self::GoWithLimits => "GO_WITH_LIMITS",
            Self::NoGo => "NO_GO",
            Self::Inconclusive => "INCONCLUSIVE",
        }
    }
}

/// What a decision rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Both sides live.
    Live,
    /// Live against a recording of live.
    Mixed,
    /// A stand-in, or a recording of one, on either side.
    Rehearsal,
}

impl Scope {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Mixed => "mixed",
            Self::Rehearsal => "rehearsal",
        }
    }
}

/// A divergence of the run, for the list that spans cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// `D-` and 8 hex.
    pub fingerprint: String,
    /// The case.
    pub case: String,
    /// The step.
    pub step: String,
    /// The field's path.
    pub field: String,
    /// The verdict on it.
    pub verdict: Verdict,
    /// The ledger entry that explains it.
    pub quirk: Option<String>,
    /// What it means.
    pub effect: Option<Effect>,
    /// Whether it may pass.
    pub gate: Option<Gate>,
    /// `provider`, `platform`, `mcp` or `unknown`.
    pub enters_at: String,
    /// When it was first seen, if `--since` knew it.
    pub first_seen: Option<jiff::Timestamp>,
}

/// A difference of nature between the sides: in a field of a verb, whatever is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The verb.
    pub verb: &'static str,
    /// The field's path.
    pub field: String,
    /// The side that never has the field; `None` where both have it and say other things.
    pub lacks: Option<Side>,
    /// Steps in which the side that has it held something.
    pub count: usize,
    /// Steps of the verb that were looked at.
    pub of: usize,
    /// `known_divergence`, or `new_divergence` where no entry explains it.
    pub verdict: Verdict,
    /// The ledger entry that explains it.
    pub quirk: Option<String>,
    /// What it means, going from source to target.
    pub effect: Option<Effect>,
    /// Whether it may pass.
    pub gate: Option<Gate>,
    /// `D-` and 8 hex, of verb and field.
    pub fingerprint: String,
}

impl Standing {
    /// How often it was met, in words.
    pub fn met(&self) -> String {
        let Self {
            verb,
            field,
            count,
            of,
            ..
        } = self;
        let steps = by_count(*of, "step", "steps");
        match self.lacks {
            Some(side) => format!(
                "{count} of {of} `{verb}` {steps} gave `{field}` on the {} and none on the {side}",
                side.other()
            ),
            None => format!("`{field}` differs in {count} of {of} `{verb}` {steps}"),
        }
    }
}

/// How the ledger fared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuirkUse {
    /// Ids of divergences that were seen.
    pub matched: Vec<String>,
    /// Ids of `shared` entries that both sides fitted.
    pub shared: Vec<String>,
    /// Ids in scope and not shown, with why.
    pub stale: Vec<(String, String)>,
    /// Ids past their date.
    pub expired: Vec<String>,
    /// Ids of entries about many steps that were not seen in this run, which may well be.
    pub unused: Vec<String>,
    /// What the run says of each numbered quirk of the migration.
    pub accounts: Accounts,
}

/// What a run says of the numbered quirks of the migration, of which each is in one list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Both sides were seen to differ as the ledger says.
    pub matched: Vec<String>,
    /// Both sides were seen to share it.
    pub shared: Vec<String>,
    /// Seen in the calls of a verb, over the whole run.
    pub standing: Vec<String>,
    /// Not in the ledger; a case that checks for it found both sides alike.
    pub parity: Vec<String>,
    /// Not in the ledger; cases check for it that are replayed on request, and nobody asked for them.
    pub on_request: Vec<String>,
    /// No run shows it, and a file says why.
    pub not_reproduced: Vec<String>,
    /// Known and not shown in this run, or known to nobody.
    pub not_shown: Vec<String>,
}

/// Everything the run comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Conclusion {
    /// The cases, in plan order.
    pub cases: Vec<CaseVerdict>,
    /// Their divergences, and those of the run as a whole, which have no case.
    pub divergences: Vec<Divergence>,
    /// What stands between the sides in every call of a verb.
    pub standing: Vec<Standing>,
    /// The ledger's part.
    pub quirks: QuirkUse,
    /// The first answer.
    pub drift: Drift,
    /// The second answer.
    pub decision: Decision,
}
