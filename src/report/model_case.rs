//! Cases in `report.json`: steps, fields, values.

use cutover_base::side::Side;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::call::{FailureClass, Surface};
use crate::compare::verdict::Verdict;
use crate::report::model_step::{BlameReport, CallReport, CauseReport, OutcomesReport};
use crate::scenario::verbs::Verb;
use crate::transcript::Ending;

/// A case.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CaseReport {
    /// `provider/execute/nonzero-exit`.
    pub id: String,
    /// The scenario's name.
    pub scenario: String,
    /// Where its calls enter.
    pub surface: Surface,
    /// The scenario's file.
    pub file: String,
    /// Why the scenario exists.
    pub why: String,
    /// The worst of its steps, or why it stands aside.
    pub verdict: Verdict,
    /// In a sentence.
    pub reason: String,
    /// How the sides were left.
    pub ending: Ending,
    /// The scenario was judged further out as well, so this case blocks nothing.
    pub below_surface: bool,
    /// Whether the run must judge it.
    pub required: bool,
    /// Both sides failed in every compared step, and agree.
    pub agrees_only_in_failing: bool,
    /// Replays of source and target.
    pub replays: [u32; 2],
    /// The scenario's tags.
    pub tags: Vec<String>,
    /// Longest time of a side and replay, in milliseconds.
    pub duration_ms: u64,
    /// Errors of harness and providers.
    pub errors: Vec<ErrorReport>,
    /// What later steps may suffer from, in the order of the steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub causes: Vec<CauseReport>,
    /// Its steps.
    pub steps: Vec<StepReport>,
}

/// An error of harness or provider.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ErrorReport {
    /// Which side.
    pub side: Side,
    /// Which replay.
    pub replay: u32,
    /// Which step.
    pub step: String,
    /// A class of failure; `null` for the harness.
    pub class: Option<FailureClass>,
    /// What was said.
    pub message: String,
}

/// A step.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StepReport {
    /// Its id.
    pub id: String,
    /// Line in the scenario file; 0 for the implicit provision.
    pub line: u64,
    /// The verb.
    pub verb: &'static Verb,
    /// What was asked for.
    pub call: CallReport,
    /// The worst of its fields, or why it was not judged.
    pub verdict: Verdict,
    /// In a sentence.
    pub reason: String,
    /// Expectations that did not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub unmet: Vec<UnmetReport>,
    /// The first cause of a verdict that is not as it should be, if it lies in an earlier step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_cause: Option<BlameReport>,
    /// Both sides failed alike and nothing said that they would.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub agrees_only_in_failing: bool,
    /// What each side gave, where the fields were not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<OutcomesReport>,
    /// Its fields.
    pub fields: Vec<FieldReport>,
}

/// An expectation that did not hold.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnmetReport {
    /// Which side.
    pub side: Side,
    /// Which replay.
    pub replay: u32,
    /// Line of the matcher in the scenario file.
    pub line: u64,
    /// The path it looks at.
    pub path: String,
    /// What was wanted and what was found.
    pub message: String,
}

/// A field.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FieldReport {
    /// `$.output`.
    pub path: String,
    /// The verdict; `null` when it was not compared.
    pub verdict: Option<Verdict>,
    /// Why it was not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<String>,
    /// The kind of comparison.
    pub kind: String,
    /// What the source showed.
    pub source: SideValues,
    /// What the target showed.
    pub target: SideValues,
    /// Normalisation rules that changed something.
    pub rules: Vec<String>,
    /// The ledger entry that explains it.
    pub quirk: Option<String>,
    /// The ledger entry about this field whose shapes do not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differs_from: Option<String>,
    /// The ledger entry about other places that it is like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<String>,
    /// `D-` and 8 hex, when it differs.
    pub fingerprint: Option<String>,
}

/// Distinct values of a side.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SideValues {
    /// Each once, with the replays that showed it.
    pub values: Vec<ValueReport>,
}

/// A value: exactly one of `text`, `base64`, `json`, `absent`. Over 4 KiB only its beginning, with
/// the whole in `blobs/`; structured values over 4 KiB are then the beginning of their JSON text.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ValueReport {
    /// Bytes that are UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Bytes that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// A structured value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// The field was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent: Option<bool>,
    /// Length of the whole, in bytes; of a structured value, of its JSON text.
    pub bytes: u64,
    /// SHA-256 of the whole, lower-case hex; not for an absent one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Name of the file in `blobs/` that holds the whole, when it is cut here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// The value after normalisation, cut alike, when that changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalised: Option<Box<ValueReport>>,
    /// Replays that showed it, from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub replays: Vec<u32>,
}
