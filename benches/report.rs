//! The report of 10 000 steps; the budget is 2 s. Timings are shown, not asserted.
#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot begin has nothing to tell"
)]

use std::sync::Arc;

use cutover::call::Surface;
use cutover::compare::answer::{
    Conclusion, Decision, DecisionVerdict, Divergence, Drift, DriftVerdict, QuirkUse, Scope,
};
use cutover::compare::measured::Timing;
use cutover::compare::verdict::{
    CaseVerdict, FieldVerdict, ObservedValue, Shown, StepVerdict, Verdict,
};
use cutover::report::{ReportInput, Resources, RunFacts, write_all};
use cutover::scenario::{CallText, verbs};
use cutover::transcript::Ending;
use cutover_base::blob::Blob;
use cutover_base::by_side::BySide;
use cutover_base::side::Side;

const CASES: usize = 1000;
const STEPS: usize = 10;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 5)]
fn ten_thousand_steps(bencher: divan::Bencher<'_, '_>) {
    let conclusion = conclusion();
    let input = input(&conclusion);
    let dir = tempfile::tempdir().expect("a temporary folder");
    bencher.bench_local(|| write_all(dir.path(), &input).expect("the reports are written"));
}

fn value(text: &str) -> Arc<Vec<ObservedValue>> {
    Arc::new(vec![ObservedValue {
        raw: Shown::Bytes(Blob::from_bytes(text.repeat(20))),
        normalised: None,
        replays: vec![1],
    }])
}

fn field(path: &str, verdict: Verdict) -> FieldVerdict {
    let differs = verdict == Verdict::NewDivergence;
    FieldVerdict {
        path: path.into(),
        verdict: Some(verdict),
        not_compared: None,
        kind: "bytes".into(),
        values: BySide {
            source: value("a line of output\n"),
            target: value(if differs {
                "another line\t\n"
            } else {
                "a line of output\n"
            }),
        },
        rules: Vec::new(),
        quirk: None,
        differs_from: None,
        looks_like: None,
        effect: None,
        gate: None,
        fingerprint: differs.then(|| "D-1a2b3c4d".to_owned()),
    }
}

fn step(number: usize, verdict: Verdict) -> StepVerdict {
    StepVerdict {
        id: format!("{number:02}-execute"),
        line: number,
        verb: verbs::ALL[1],
        call: CallText {
            text: "execute: for i in 1 2 3; do echo a line of output; done".into(),
            bytes: 55,
        },
        verdict,
        reason: String::new(),
        unmet: Vec::new(),
        natures: Vec::new(),
        blame: None,
        agrees_only_in_failing: false,
        gave: BySide::default(),
        fields: vec![
            field("$.exit_code", Verdict::Identical),
            field("$.output", verdict),
            field("$.failure.class", Verdict::Identical),
        ],
    }
}

fn case(number: usize) -> CaseVerdict {
    // One case in ten differs.
    let verdict = if number.is_multiple_of(10) {
        Verdict::NewDivergence
    } else {
        Verdict::Identical
    };
    CaseVerdict {
        case: format!("provider/execute/case-{number}"),
        scenario: format!("execute/case-{number}"),
        file: format!("scenarios/execute/case-{number}.yaml"),
        why: "A line of output must come out as it went in.".to_owned(),
        surface: Surface::Provider,
        tags: Vec::new(),
        traffic: 0,
        required: true,
        verdict,
        reason: String::new(),
        ending: Ending::Clean,
        replays: BySide::from_fn(|_| 1),
        agrees_only_in_failing: false,
        duration_ms: 20,
        errors: Vec::new(),
        causes: Vec::new(),
        steps: (0..STEPS).map(|number| step(number, verdict)).collect(),
    }
}

fn divergences(case: usize) -> impl Iterator<Item = Divergence> {
    (0..STEPS).map(move |number| Divergence {
        fingerprint: "D-1a2b3c4d".to_owned(),
        case: format!("provider/execute/case-{case}"),
        step: format!("{number:02}-execute"),
        field: "$.output".to_owned(),
        verdict: Verdict::NewDivergence,
        quirk: None,
        effect: None,
        gate: None,
        enters_at: "provider".to_owned(),
        first_seen: None,
    })
}

fn conclusion() -> Conclusion {
    Conclusion {
        cases: (0..CASES).map(case).collect(),
        divergences: (0..CASES).step_by(10).flat_map(divergences).collect(),
        standing: Vec::new(),
        quirks: QuirkUse::default(),
        drift: Drift {
            verdict: DriftVerdict::Changed,
            reasons: Vec::new(),
            new: Vec::new(),
            gone: Vec::new(),
            since: None,
        },
        decision: Decision {
            verdict: DecisionVerdict::NoGo,
            scope: Scope::Rehearsal,
            reasons: Vec::new(),
            limits: Vec::new(),
            blockers: Vec::new(),
            open: Vec::new(),
            remarks: Vec::new(),
        },
    }
}

fn input(conclusion: &Conclusion) -> ReportInput<'_> {
    ReportInput {
        run: RunFacts {
            id: "20260102T030405Z-00ff".to_owned(),
            started: jiff::Timestamp::UNIX_EPOCH,
            ended: jiff::Timestamp::UNIX_EPOCH,
            version: "0.1.0".to_owned(),
            seed: 7,
            engine: None,
            replays: "auto".to_owned(),
            args: Vec::new(),
            subjects: BySide::default(),
            faults: Vec::new(),
            interrupted: None,
            stopped: None,
            calls: 0,
        },
        conclusion,
        titles: indexmap::IndexMap::new(),
        timing: vec![Timing {
            verb: "execute".to_owned(),
            side: Side::Source,
            count: 1,
            p50_ms: 1,
            p95_ms: 1,
        }],
        availability: Vec::new(),
        resources: Resources::default(),
        scenarios: &[],
    }
}
