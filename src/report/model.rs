//! `report.json` as types of its own: format `cutover.report/1`. Readers ignore unknown keys;
//! within the major version keys are only added.

use std::collections::BTreeMap;

use cutover_base::side::Side;
use indexmap::IndexMap;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::compare::answer::{DecisionVerdict, Scope};
use crate::compare::limit::LimitKind;
use crate::compare::verdict::{Effect, Gate, Verdict};
use crate::report::model_case::CaseReport;
use crate::report::traffic::Traffic;

/// The format of `report.json`.
pub const REPORT_FORMAT: &str = "cutover.report/1";

// The cases are a list, or something that writes itself as one: ten thousand need not be in memory.
/// A report of one run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "cutover.report/1")]
pub struct Report<C = Vec<CaseReport>> {
    /// Always `cutover.report/1`.
    pub format: &'static str,
    /// The run.
    pub run: Run,
    /// Who was compared.
    pub subjects: Subjects,
    /// Has anything changed?
    pub drift: DriftReport,
    /// May we cut over?
    pub decision: DecisionReport,
    /// Counts.
    pub totals: Totals,
    /// The cases, in plan order.
    pub cases: C,
    /// Fields that differ.
    pub divergences: Vec<DivergenceReport>,
    /// Differences of nature, which hold for every call of a verb.
    pub standing: Vec<StandingReport>,
    /// The ledger's part.
    pub quirks: QuirksReport,
    /// Sandboxes.
    pub resources: ResourcesReport,
    /// How exchanges went, per side and verb.
    pub availability: Vec<AvailabilityReport>,
    /// How long steps took, per verb and side.
    pub timing: Vec<TimingReport>,
}

/// The run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// When it began, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started: Timestamp,
    /// When its last event was written, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub ended: Timestamp,
    /// Version of cutover.
    pub version: String,
    /// The seed of the start order.
    pub seed: u64,
    /// The engine of the stand-ins.
    pub engine: Option<String>,
    /// `auto` or a number.
    pub replays: String,
    /// Arguments, redacted.
    pub args: Vec<String>,
    /// Faults that were rehearsed.
    pub faults: Vec<String>,
    /// The signal that interrupted it, or `killed`.
    pub interrupted: Option<String>,
    /// A cap or breaker that stopped it.
    pub stopped: Option<String>,
}

/// Who was compared.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Subjects {
    /// What runs today.
    pub source: Subject,
    /// What is being moved to.
    pub target: Subject,
}

/// One side.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Subject {
    /// `e2b` or `daytona`.
    pub provider: String,
    /// `standin`, `live`, `recording=PATH`.
    pub lane: String,
    /// What stands between agent and provider.
    pub stack: String,
    /// Base URL of the control plane.
    pub endpoint: String,
    /// Version of the control plane.
    pub api: Option<String>,
    /// Version of the daemon in the sandbox.
    pub daemon: Option<String>,
    /// Template, snapshot or profile.
    pub image: Option<String>,
    /// Region.
    pub region: Option<String>,
}

/// Has anything changed?
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DriftReport {
    /// `unchanged`, `changed`, `unjudged`, `nothing`, `stale`, `noisy`, `leaked`, `secret_found`,
    /// `interrupted`.
    pub verdict: &'static str,
    /// The exit code of `cutover run`.
    pub exit_code: u8,
    /// All reasons, by precedence.
    pub reasons: Vec<DriftReason>,
    /// Fingerprints that the run of `since` had not.
    pub new: Vec<String>,
    /// Fingerprints that only the run of `since` had.
    pub gone: Vec<String>,
    /// That run.
    pub since: Option<String>,
}

/// A reason of drift.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DriftReason {
    /// The word it leads to.
    pub verdict: &'static str,
    /// In a sentence.
    pub reason: String,
}

/// May we cut over?
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DecisionReport {
    /// The answer.
    pub verdict: DecisionVerdict,
    /// What it rests on.
    pub scope: Scope,
    /// What decided it: the blockers of a NO-GO, what keeps an inconclusive one open, what a GO
    /// rests on.
    pub reasons: Vec<String>,
    /// What the answer rests on or leaves open, a sentence each, worst first.
    pub limits: Vec<String>,
    /// What blocks.
    pub blockers: Vec<String>,
    /// The same limits in parts, in the same order.
    pub limit_details: Vec<LimitReport>,
    /// What would keep the question open if nothing blocked.
    pub open: Vec<String>,
    /// What decides nothing and must be said.
    pub remarks: Vec<String>,
}

/// Something that a GO rests on or leaves open.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LimitReport {
    /// Of what kind.
    pub kind: LimitKind,
    /// What it means for an agent, going from source to target, where that can be said.
    pub effect: Option<Effect>,
    /// The ledger entry it comes from.
    pub quirk: Option<String>,
    /// What it is.
    pub what: String,
    /// Why it is so, and where it was seen.
    pub more: String,
    /// What to do about it.
    pub advice: String,
}

/// Counts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Totals {
    /// Cases.
    pub cases: u64,
    /// Steps of the cases, each once.
    pub steps: u64,
    /// Calls made, over sides and replays.
    pub calls: u64,
    /// Fields compared.
    pub fields: u64,
    /// Fields not compared.
    pub fields_not_compared: u64,
    /// Cases by verdict; verdicts nobody has are left out.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub by_verdict: IndexMap<&'static str, u64>,
    /// Cases whose sides agree, but only in failing.
    pub agree_only_in_failing: u64,
    /// Steps in which both sides failed alike and nothing said that they would.
    pub steps_agree_only_in_failing: u64,
    /// What the cases that stand for calls of real use came to, weighed by these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
}

/// A field that differs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DivergenceReport {
    /// `D-` and 8 hex.
    pub fingerprint: String,
    /// The case; empty for a divergence of the run as a whole.
    pub case: String,
    /// The step; empty for a divergence of the run as a whole.
    pub step: String,
    /// The field.
    pub field: String,
    /// The verdict on it.
    pub verdict: Verdict,
    /// The ledger entry that explains it.
    pub quirk: Option<String>,
    /// That entry's title.
    pub title: Option<String>,
    /// What it means for an agent, going from source to target.
    pub effect: Option<Effect>,
    /// Whether it may pass.
    pub gate: Option<Gate>,
    /// `provider`, `platform`, `mcp` or `unknown`.
    pub enters_at: String,
    /// When it was first seen, as far as is known.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub first_seen: Timestamp,
    /// When it was last seen: in this run.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub last_seen: Timestamp,
}

/// A difference of nature.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StandingReport {
    /// `D-` and 8 hex, of verb and field.
    pub fingerprint: String,
    /// The verb.
    pub verb: &'static str,
    /// The field's path.
    pub field: String,
    /// The side that never has the field; `null` where both have it and say other things.
    pub lacks: Option<Side>,
    /// Steps in which the side that has it held something.
    pub count: u64,
    /// Steps of the verb that were looked at.
    pub of: u64,
    /// `known_divergence` or `new_divergence`.
    pub verdict: Verdict,
    /// The ledger entry that explains it.
    pub quirk: Option<String>,
    /// What it means for an agent, going from source to target.
    pub effect: Option<Effect>,
    /// Whether it may pass.
    pub gate: Option<Gate>,
}

/// The ledger's part, by ids.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QuirksReport {
    /// Divergences that were seen.
    pub matched: Vec<String>,
    /// Shared entries that both sides fitted.
    pub shared: Vec<String>,
    /// In scope and not shown.
    pub stale: Vec<String>,
    /// Past their date.
    pub expired: Vec<String>,
    /// About many steps, and not seen in this run, which may well be.
    pub unused: Vec<String>,
    /// What the run says of the numbered quirks of the migration, Q01 to Q97: each is in one list.
    pub accounts: AccountsReport,
    /// The title of every id named in this report.
    #[schemars(with = "BTreeMap<String, String>")]
    pub titles: IndexMap<String, String>,
}

/// The numbered quirks of the migration, by ids.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccountsReport {
    /// The sides were seen to differ as the ledger says.
    pub matched: Vec<String>,
    /// Both sides were seen to share it.
    pub shared: Vec<String>,
    /// Seen in the calls of a verb, over the whole run.
    pub standing: Vec<String>,
    /// Not in the ledger; a case that checks for it found both sides alike.
    pub parity: Vec<String>,
    /// Not in the ledger; cases check for it that are replayed on request, and nobody asked for them.
    pub on_request: Vec<String>,
    /// No run shows it, and `not-reproduced.yaml` says why.
    pub not_reproduced: Vec<String>,
    /// Known and not shown in this run, or known to nobody.
    pub not_shown: Vec<String>,
}

/// Sandboxes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ResourcesReport {
    /// Made.
    pub created: u64,
    /// Destroyed.
    pub destroyed: u64,
    /// Ids of those left behind.
    pub leaked: Vec<String>,
}

/// How exchanges went.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AvailabilityReport {
    /// The side.
    pub side: Side,
    /// The verb or driver's operation.
    pub verb: String,
    /// First tries.
    pub calls: u64,
    /// First tries without a usable answer, or answered 429 or 5xx.
    pub first_attempt_failures: u64,
    /// Further tries.
    pub retries: u64,
}

/// How long steps took.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TimingReport {
    /// The verb.
    pub verb: String,
    /// The side.
    pub side: Side,
    /// How many.
    pub count: u64,
    /// Median in milliseconds.
    pub p50_ms: u64,
    /// 95th percentile in milliseconds.
    pub p95_ms: u64,
}
