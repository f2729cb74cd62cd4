//! `report.json`: the whole report for machines.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io;

use cutover_base::by_side::BySide;
use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::compare::answer::Standing;
use crate::compare::cause::Cause;
use crate::compare::limit::Limit;
use crate::compare::verdict::{CaseVerdict, FieldVerdict, StepVerdict, Verdict};
use crate::report::input::ReportInput;
use crate::report::json_quirks::quirks;
use crate::report::model::{
    AvailabilityReport, DecisionReport, DivergenceReport, DriftReason, DriftReport, LimitReport,
    REPORT_FORMAT, Report, ResourcesReport, Run, StandingReport, Subject, Subjects, TimingReport,
    Totals,
};
use crate::report::model_case::{CaseReport, ErrorReport, FieldReport, StepReport, UnmetReport};
use crate::report::model_step::{BlameReport, CallReport, CauseReport, OutcomesReport};
use crate::report::traffic::Traffic;
use crate::report::values::{BlobSink, side_values};
use crate::transcript::event::StoredSubject;

/// The JSON Schema of `report.json`, generated from its types; `reports/report.schema.json` holds
/// it.
pub fn schema() -> Value {
    schemars::schema_for!(Report).to_value()
}

/// Builds the report. Values over 4 KiB are cut; the whole of each goes to `sink` (SHA-256 and
/// bytes), which may see one more than once.
pub fn build(input: &ReportInput<'_>, sink: &mut dyn FnMut(&str, &[u8])) -> Report {
    let below = input.below_surface();
    let cases = input.conclusion.cases.iter();
    let cases = cases.map(|case| case_report(case, below.contains(case.case.as_str()), sink));
    around(input, cases.collect())
}

/// Writes the report, case by case, as [`build`] makes it.
///
/// # Errors
/// When `out` does not take it.
pub fn write(
    input: &ReportInput<'_>,
    sink: &mut dyn FnMut(&str, &[u8]),
    out: impl io::Write,
) -> io::Result<()> {
    let cases = CaseByCase {
        cases: &input.conclusion.cases,
        below: input.below_surface(),
        sink: RefCell::new(sink),
    };
    serde_json::to_writer_pretty(out, &around(input, cases)).map_err(io::Error::from)
}

/// Takes what is too large for the report: the name of its blob, and its bytes.
type Sink<'s> = dyn FnMut(&str, &[u8]) + 's;

/// Cases whose reports are made while they are written.
struct CaseByCase<'a, 's> {
    cases: &'a [CaseVerdict],
    below: HashSet<&'a str>,
    sink: RefCell<&'s mut Sink<'s>>,
}

impl Serialize for CaseByCase<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.cases.iter().map(|case| {
            let below = self.below.contains(case.case.as_str());
            case_report(case, below, &mut **self.sink.borrow_mut())
        }))
    }
}

/// Everything about the cases.
fn around<C>(input: &ReportInput<'_>, cases: C) -> Report<C> {
    Report {
        format: REPORT_FORMAT,
        run: run(input),
        subjects: subjects(input),
        drift: drift(input),
        decision: decision(input),
        totals: totals(input),
        cases,
        divergences: divergences(input),
        standing: standing(input),
        quirks: quirks(input),
        resources: ResourcesReport {
            created: input.resources.created,
            destroyed: input.resources.destroyed,
            leaked: input.resources.leaked.clone(),
        },
        availability: availability(input),
        timing: timing(input),
    }
}

/// Who was compared.
pub(crate) fn subjects(input: &ReportInput<'_>) -> Subjects {
    let BySide { source, target } = input.run.subjects.as_ref().map(subject);
    Subjects { source, target }
}

/// The first answer.
pub(crate) fn drift(input: &ReportInput<'_>) -> DriftReport {
    let drift = &input.conclusion.drift;
    let reason = |(verdict, reason): &(crate::compare::answer::DriftVerdict, String)| DriftReason {
        verdict: verdict.name(),
        reason: reason.clone(),
    };
    DriftReport {
        verdict: drift.verdict.name(),
        exit_code: drift.verdict.exit_code(),
        reasons: drift.reasons.iter().map(reason).collect(),
        new: drift.new.clone(),
        gone: drift.gone.clone(),
        since: drift.since.clone(),
    }
}

/// The second answer.
pub(crate) fn decision(input: &ReportInput<'_>) -> DecisionReport {
    let decision = &input.conclusion.decision;
    DecisionReport {
        verdict: decision.verdict,
        scope: decision.scope,
        reasons: decision.reasons.clone(),
        limits: decision.limits.iter().map(Limit::sentence).collect(),
        blockers: decision.blockers.clone(),
        limit_details: decision.limits.iter().map(limit).collect(),
        open: decision.open.clone(),
        remarks: decision.remarks.clone(),
    }
}

fn limit(limit: &Limit) -> LimitReport {
    LimitReport {
        kind: limit.kind,
        effect: limit.effect,
        quirk: limit.quirk.clone(),
        what: limit.what.clone(),
        more: limit.more.clone(),
        advice: limit.advice.clone(),
    }
}

/// Counts over all cases.
pub(crate) fn totals(input: &ReportInput<'_>) -> Totals {
    let cases = &input.conclusion.cases;
    let count = |verdict: Verdict| cases.iter().filter(|c| c.verdict == verdict).count() as u64;
    let steps = || cases.iter().flat_map(|c| &c.steps);
    let fields = || steps().flat_map(|step| &step.fields);
    let compared = fields().filter(|field| field.verdict.is_some()).count() as u64;
    let by_verdict: IndexMap<_, _> = Verdict::ALL
        .into_iter()
        .map(|verdict| (verdict.name(), count(verdict)))
        .filter(|(_, count)| *count > 0)
        .collect();
    Totals {
        cases: cases.len() as u64,
        steps: steps().count() as u64,
        calls: input.run.calls,
        fields: compared,
        fields_not_compared: fields().count() as u64 - compared,
        by_verdict,
        agree_only_in_failing: cases.iter().filter(|c| c.agrees_only_in_failing).count() as u64,
        steps_agree_only_in_failing: steps().filter(|s| s.agrees_only_in_failing).count() as u64,
        traffic: Traffic::of(cases),
    }
}

fn run(input: &ReportInput<'_>) -> Run {
    let run = &input.run;
    Run {
        id: run.id.clone(),
        started: run.started,
        ended: run.ended,
        version: run.version.clone(),
        seed: run.seed,
        engine: run.engine.clone(),
        replays: run.replays.clone(),
        args: run.args.clone(),
        faults: run.faults.clone(),
        interrupted: run.interrupted.clone(),
        stopped: run.stopped.clone(),
    }
}

fn subject(stored: &StoredSubject) -> Subject {
    Subject {
        provider: stored.provider.clone(),
        lane: stored.lane.clone(),
        stack: stored.stack.clone(),
        endpoint: stored.endpoint.clone(),
        api: stored.api.clone(),
        daemon: stored.daemon.clone(),
        image: stored.image.clone(),
        region: stored.region.clone(),
    }
}

fn case_report(case: &CaseVerdict, below_surface: bool, sink: BlobSink<'_>) -> CaseReport {
    let errors = case.errors.iter().map(|error| ErrorReport {
        side: error.side,
        replay: error.replay,
        step: error.step.clone(),
        class: error.class,
        message: error.message.clone(),
    });
    CaseReport {
        id: case.case.clone(),
        scenario: case.scenario.clone(),
        surface: case.surface,
        file: case.file.clone(),
        why: case.why.clone(),
        verdict: case.verdict,
        reason: case.reason.clone(),
        ending: case.ending,
        below_surface,
        required: case.required,
        agrees_only_in_failing: case.agrees_only_in_failing,
        replays: [case.replays.source, case.replays.target],
        tags: case.tags.clone(),
        duration_ms: case.duration_ms,
        errors: errors.collect(),
        causes: case.causes.iter().map(cause_report).collect(),
        steps: case
            .steps
            .iter()
            .map(|step| step_report(step, sink))
            .collect(),
    }
}

fn step_report(step: &StepVerdict, sink: BlobSink<'_>) -> StepReport {
    let unmet = step.unmet.iter().map(|(side, replay, unmet)| UnmetReport {
        side: *side,
        replay: *replay,
        line: unmet.line as u64,
        path: unmet.path.clone(),
        message: unmet.message.clone(),
    });
    StepReport {
        id: step.id.clone(),
        line: step.line as u64,
        verb: step.verb,
        call: CallReport {
            text: step.call.text.to_string(),
            bytes: step.call.bytes as u64,
        },
        verdict: step.verdict,
        reason: step.reason.clone(),
        unmet: unmet.collect(),
        first_cause: step.blame.map(|blame| BlameReport {
            cause: blame.cause as u64,
            certain: blame.certain,
        }),
        agrees_only_in_failing: step.agrees_only_in_failing,
        outcomes: OutcomesReport::of(step),
        fields: step
            .fields
            .iter()
            .map(|field| field_report(field, sink))
            .collect(),
    }
}

fn cause_report(cause: &Cause) -> CauseReport {
    CauseReport {
        step: cause.step.clone(),
        line: cause.line as u64,
        kind: cause.kind,
        what: cause.what.clone(),
    }
}

fn field_report(field: &FieldVerdict, sink: BlobSink<'_>) -> FieldReport {
    let BySide { source, target } = field.values.as_ref().map(|side| side_values(side, sink));
    FieldReport {
        path: field.path.to_string(),
        verdict: field.verdict,
        not_compared: field.not_compared.as_deref().map(str::to_owned),
        kind: field.kind.to_string(),
        source,
        target,
        rules: field.rules.clone(),
        quirk: field.quirk.clone(),
        differs_from: field.differs_from.clone(),
        looks_like: field.looks_like.clone(),
        fingerprint: field.fingerprint.clone(),
    }
}

fn divergences(input: &ReportInput<'_>) -> Vec<DivergenceReport> {
    let title = |id: &String| input.titles.get(id).cloned();
    input
        .conclusion
        .divergences
        .iter()
        .map(|divergence| DivergenceReport {
            fingerprint: divergence.fingerprint.clone(),
            case: divergence.case.clone(),
            step: divergence.step.clone(),
            field: divergence.field.clone(),
            verdict: divergence.verdict,
            quirk: divergence.quirk.clone(),
            title: divergence.quirk.as_ref().and_then(title),
            effect: divergence.effect,
            gate: divergence.gate,
            enters_at: divergence.enters_at.clone(),
            first_seen: divergence.first_seen.unwrap_or(input.run.started),
            last_seen: input.run.started,
        })
        .collect()
}

fn standing(input: &ReportInput<'_>) -> Vec<StandingReport> {
    let found = input.conclusion.standing.iter();
    found
        .map(|found: &Standing| StandingReport {
            fingerprint: found.fingerprint.clone(),
            verb: found.verb,
            field: found.field.clone(),
            lacks: found.lacks,
            count: found.count as u64,
            of: found.of as u64,
            verdict: found.verdict,
            quirk: found.quirk.clone(),
            effect: found.effect,
            gate: found.gate,
        })
        .collect()
}

fn availability(input: &ReportInput<'_>) -> Vec<AvailabilityReport> {
    let report = |row: &crate::compare::measured::Availability| AvailabilityReport {
        side: row.side,
        verb: row.verb.clone(),
        calls: row.calls,
        first_attempt_failures: row.first_attempt_failures,
        retries: row.retries,
    };
    input.availability.iter().map(report).collect()
}

fn timing(input: &ReportInput<'_>) -> Vec<TimingReport> {
    let report = |row: &crate::compare::measured::Timing| TimingReport {
        verb: row.verb.clone(),
        side: row.side,
        count: row.count,
        p50_ms: row.p50_ms,
        p95_ms: row.p95_ms,
    };
    input.timing.iter().map(report).collect()
}
