//! Verdicts as data; the answers drawn from them are in `answer`. Reports render them and decide
//! nothing.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use cutover_base::blob::Blob;
use cutover_base::by_side::BySide;
use cutover_base::side::Side;
use serde::{Deserialize, Serialize};

use crate::call::{FailureClass, Surface};
use crate::compare::cause::{Blame, Cause, Gave};
use crate::scenario::CallText;
use crate::scenario::verbs::Verb;
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
    /// Aside: the recording that stands for a side does not have this call.
    NotRecorded,
    /// Aside: not run, with a reason.
    Skipped,
}

impl Verdict {
    /// All words, best first; the four that stand aside last.
    pub const ALL: [Self; 14] = [
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
        Self::NotRecorded,
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
            Self::NotRecorded => "not_recorded",
            Self::Skipped => "skipped",
        }
    }

    /// Whether what was judged is not as it should be: it differs and nothing explains it, varies, or
    /// is not what was expected.
    pub const fn differs(self) -> bool {
        matches!(
            self,
            Self::Noise
                | Self::UnstableSource
                | Self::UnstableTarget
                | Self::NewDivergence
                | Self::ExpectationFailed
        )
    }

    /// Whether the verdict stands aside of the ranking: nothing was judged.
    pub const fn is_aside(self) -> bool {
        matches!(
            self,
            Self::Unsupported | Self::NotReached | Self::NotRecorded | Self::Skipped
        )
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
    /// Why the scenario exists, in its own words.
    pub why: String,
    /// The surface.
    pub surface: Surface,
    /// The scenario's tags.
    pub tags: Vec<String>,
    /// Calls of real use that it stands for; 0 where it stands for none.
    pub traffic: u64,
    /// Whether the run must judge it.
    pub required: bool,
    /// The worst of its steps, or why it stands aside.
    pub verdict: Verdict,
    /// One sentence.
    pub reason: String,
    /// How the sides were left, the worst.
    pub ending: Ending,
    /// How often each side played it.
    pub replays: BySide<u32>,
    /// Both sides failed in every compared step, and agree: counted apart in reports.
    pub agrees_only_in_failing: bool,
    /// Longest time of a side and replay, in milliseconds.
    pub duration_ms: u64,
    /// Errors met.
    pub errors: Vec<CaseError>,
    /// What later steps may suffer from, in the order of the steps.
    pub causes: Vec<Cause>,
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
    pub verb: &'static Verb,
    /// What was asked for.
    pub call: CallText,
    /// The worst of its fields, or why it was not judged.
    pub verdict: Verdict,
    /// One sentence.
    pub reason: String,
    /// Expectations that did not hold.
    pub unmet: Vec<(Side, u32, UnmetExpectation)>,
    /// The first cause of a verdict that is not as it should be, if it lies in an earlier step.
    pub blame: Option<Blame>,
    /// Both sides failed in every replay and agree, and nothing said that they would.
    pub agrees_only_in_failing: bool,
    /// What each side gave, where it could not be compared; else its fields tell.
    pub gave: BySide<Vec<Gave>>,
    /// Its fields.
    pub fields: Vec<FieldVerdict>,
    /// What both sides gave in fields that a side may not have at all; judged once for the run.
    pub natures: Vec<Nature>,
}

/// What both sides gave in a field that a side may not have at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Nature {
    /// Its path, e.g. `$.stderr`.
    pub path: Cow<'static, str>,
    /// Each side's values, one per replay, of a part of a field; whole fields are among the step's
    /// fields, compared or not.
    pub parts: Option<BySide<Vec<Shown>>>,
}

/// The verdict on one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldVerdict {
    /// Its path, e.g. `$.output`.
    pub path: Arc<str>,
    /// The verdict; `None` when it was not compared.
    pub verdict: Option<Verdict>,
    /// Why it was not compared, when it was not.
    pub not_compared: Option<Arc<str>>,
    /// The kind of comparison: `bytes`, `text`, ...
    pub kind: Arc<str>,
    /// Each side's values over the replays. Lists that say the same are one in memory.
    pub values: BySide<Arc<Vec<ObservedValue>>>,
    /// Normalisation rules that changed something.
    pub rules: Vec<String>,
    /// The ledger entry that explains it.
    pub quirk: Option<String>,
    /// The entry that it differs from, when one is about this field and its shapes do not fit.
    pub differs_from: Option<String>,
    /// The entry whose shapes are elsewhere and that it is like, when none speaks for this field.
    pub looks_like: Option<String>,
    /// `effect` and `gate` of the entry for this direction.
    pub effect: Option<Effect>,
    /// Whether the entry allows it.
    pub gate: Option<Gate>,
    /// `D-` and 8 hex, when the field differs.
    pub fingerprint: Option<String>,
}

impl FieldVerdict {
    /// Whether it agrees only without parts that are new in every replay.
    pub fn is_volatile(&self) -> bool {
        self.verdict == Some(Verdict::Equivalent)
            && self.rules.iter().any(|rule| rule.starts_with(VOLATILE))
    }
}

/// How the rules begin that leave out what is new in every replay.
pub const VOLATILE: &str = "volatile/";

/// A distinct value, before and after normalisation, and the replays that showed it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObservedValue {
    /// As it came.
    pub raw: Shown,
    /// After normalisation, when that changed it.
    pub normalised: Option<Shown>,
    /// Replays, from 1.
    pub replays: Vec<u32>,
}

/// A value to show.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

impl Effect {
    /// The word in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Improvement => "improvement",
            Self::Regression => "regression",
            Self::Change => "change",
            Self::Wording => "wording",
        }
    }
}

/// Whether a known divergence may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Gate {
    Allow,
    Block,
}

impl Gate {
    /// The word in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Block => "block",
        }
    }
}
