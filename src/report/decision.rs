//! `decision.json`: the record for the change ticket, format `cutover.decision/1`.

use serde::Serialize;

use crate::report::input::ReportInput;
use crate::report::json;
use crate::report::model::{DecisionReport, DriftReport, Subjects, Totals};

/// The format of `decision.json`.
pub const DECISION_FORMAT: &str = "cutover.decision/1";

/// The two answers and what they rest on, without the evidence.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionRecord {
    /// Always `cutover.decision/1`.
    pub format: &'static str,
    /// The run it was drawn from.
    pub run: String,
    /// When that run ended, UTC.
    pub at: jiff::Timestamp,
    /// Version of cutover.
    pub version: String,
    /// Line 1 of every report.
    pub headline: String,
    /// May we cut over?
    pub decision: DecisionReport,
    /// Has anything changed?
    pub drift: DriftReport,
    /// Who was compared.
    pub subjects: Subjects,
    /// Counts.
    pub totals: Totals,
}

/// Builds the record.
pub fn build(input: &ReportInput<'_>) -> DecisionRecord {
    DecisionRecord {
        format: DECISION_FORMAT,
        run: input.run.id.clone(),
        at: input.run.ended,
        version: input.run.version.clone(),
        headline: crate::report::headline::answers(input),
        decision: json::decision(input),
        drift: json::drift(input),
        subjects: json::subjects(input),
        totals: json::totals(input),
    }
}
