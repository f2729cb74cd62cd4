//! Verdicts and answers as data. Reports render them and decide nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::blob::Blob;
use crate::base::side::Side;
use crate::call::{FailureClass, Surface, Verb};
use crate::transcript::{Ending, record::UnmetExpectation};

/// What a field, step or case comes to. Ordered: the worst is the greatest.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Raw values equal on both sides.
    Identical,
    /// Equal after named normalisation rules.
    Equivalent,
    /// Differs as the ledger says.
    KnownDivergence,
    /// Both sides vary and share a value.
    Noise,
    /// Only the source varies.
    UnstableSource,
    /// Only the target varies.
    UnstableTarget,
    /// Differs, and nothing in the ledger says so.
    NewDivergence,
    /// An expectation did not hold.
    ExpectationFailed,
    /// A provider did not do its work.
    ProviderError,
    /// The harness did not do its work.
    HarnessError,
    /// Aside: a side has no such thing, or a capability is missing.
    Unsupported,
    /// Aside: an earlier step's failure made it impossible.
    NotReached,
    /// Aside: not run, with a reason.
    Skipped,
}

impl Verdict {
    /// All words, best first; the three that stand aside last.
    pub const ALL: [Self; 13] = [
        Self::Identical,
        Self::Equivalent,
        Self::KnownDivergence,
        Self::Noise,
        Self::UnstableSource,
        Self::UnstableTarget,
        Self::NewDivergence,
        Self::ExpectationFailed,
        Self::ProviderError,
        Self::HarnessError,
        Self::Unsupported,
        Self::NotReached,
        Self::Skipped,
    ];

    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Equivalent => "equivalent",
            Self::KnownDivergence => "known_divergence",
            Self::Noise => "noise",
            Self::UnstableSource => "unstable_source",
            Self::UnstableTarget => "unstable_target",
            Self::NewDivergence => "new_divergence",
            Self::ExpectationFailed => "expectation_failed",
            Self::ProviderError => "provider_error",
            Self::HarnessError => "harness_error",
            Self::Unsupported => "unsupported",
            Self::NotReached => "not_reached",
            Self::Skipped => "skipped",
        }
    }

    /// Whether the verdict stands aside of the ranking: nothing was judged.
    pub const fn is_aside(self) -> bool {
        matches!(self, Self::Unsupported | Self::NotReached | Self::Skipped)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The verdict on one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseVerdict {
    /// The case, e.g. `provider/execute/nonzero-exit`.
    pub case: String,
    /// The scenario's name.
    pub scenario: String,
    /// Its file, as shown to the user.
    pub file: String,
    /// The surface.
    pub surface: Surface,
    /// The scenario's tags.
    pub tags: Vec<String>,
    /// Whether the run must judge it.
    pub required: bool,
    /// The worst of its steps, or why it stands aside.
    pub verdict: Verdict,
    /// One sentence.
    pub reason: String,
    /// How the sides were left, the worst.
    pub ending: Ending,
    /// Replays per side.
    pub replays: (u32, u32),
    /// Both sides failed in every compared step, and agree: counted apart in reports.
    pub agrees_only_in_failing: bool,
    /// Longest time of a side and replay, in milliseconds.
    pub duration_ms: u64,
    /// Errors met.
    pub errors: Vec<CaseError>,
    /// The steps.
    pub steps: Vec<StepVerdict>,
}

/// An error of harness or provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseError {
    /// Which side.
    pub side: Side,
    /// Which replay.
    pub replay: u32,
    /// Which step.
    pub step: String,
    /// A failure class, or `None` for the harness.
    pub class: Option<FailureClass>,
    /// What was said.
    pub message: String,
}

/// The verdict on one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepVerdict {
    /// The step's id.
    pub id: String,
    /// Line in the scenario file; 0 for the implicit provision.
    pub line: usize,
    /// The verb.
    pub verb: Verb,
    /// The worst of its fields, or why it was not judged.
    pub verdict: Verdict,
    /// One sentence.
    pub reason: String,
    /// Expectations that did not hold.
    pub unmet: Vec<(Side, u32, UnmetExpectation)>,
    /// Its fields.
    pub fields: Vec<FieldVerdict>,
}

/// The verdict on one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldVerdict {
    /// Its path, e.g. `$.output`.
    pub path: String,
    /// The verdict; `None` when it was not compared.
    pub verdict: Option<Verdict>,
    /// Why it was not compared, when it was not.
    pub not_compared: Option<String>,
    /// The kind of comparison: `bytes`, `text`, ...
    pub kind: String,
    /// The source's values over the replays.
    pub source: Vec<ObservedValue>,
    /// The target's values over the replays.
    pub target: Vec<ObservedValue>,
    /// Normalisation rules that changed something.
    pub rules: Vec<String>,
    /// The ledger entry that explains it.
    pub quirk: Option<String>,
    /// The entry that it differs from, when one is about this field and its shapes do not fit.
    pub differs_from: Option<String>,
    /// `effect` and `gate` of the entry for this direction.
    pub effect: Option<Effect>,
    /// Whether the entry allows it.
    pub gate: Option<Gate>,
    /// `D-` and 8 hex, when the field differs.
    pub fingerprint: Option<String>,
}

/// A distinct value, before and after normalisation, and the replays that showed it.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedValue {
    /// As it came.
    pub raw: Shown,
    /// After normalisation, when that changed it.
    pub normalised: Option<Shown>,
    /// Replays, from 1.
    pub replays: Vec<u32>,
}

/// A value to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// The field was not there.
    Absent,
    /// A JSON value.
    Json(serde_json::Value),
    /// Bytes.
    Bytes(Blob),
}

/// What a divergence means for an agent, going from source to target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Effect {
    Improvement,
    Regression,
    Change,
    Wording,
}

/// Whether a known divergence may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Gate {
    Allow,
    Block,
}

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
    /// Why, a sentence each.
    pub reasons: Vec<String>,
    /// Known divergences that are allowed, a sentence each.
    pub limits: Vec<String>,
    /// What blocks, a sentence each.
    pub blockers: Vec<String>,
}

/// The words of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "design section 5 defines the words")]
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
}

/// Everything the run comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Conclusion {
    /// The cases, in plan order.
    pub cases: Vec<CaseVerdict>,
    /// Their divergences.
    pub divergences: Vec<Divergence>,
    /// The ledger's part.
    pub quirks: QuirkUse,
    /// The first answer.
    pub drift: Drift,
    /// The second answer.
    pub decision: Decision,
}
