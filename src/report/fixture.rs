//! A hand-made run with hostile content in every place that is not ours, for tests of reports.

use std::sync::Arc;

use cutover_base::blob::Blob;
use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::call::{FailureClass, Surface};
use crate::compare::answer::{
    Accounts, Conclusion, Decision, DecisionVerdict, Divergence, Drift, DriftVerdict, QuirkUse,
    Scope,
};
use crate::compare::limit::{Limit, LimitKind};
use crate::compare::measured::{Availability, Timing};
use crate::compare::verdict::{
    CaseError, CaseVerdict, Effect, FieldVerdict, Gate, ObservedValue, Shown, StepVerdict, Verdict,
};
use crate::report::input::{ReportInput, Resources, RunFacts};
use crate::scenario::CallText;
use crate::scenario::verbs::Verb;
use crate::transcript::Ending;
use crate::transcript::event::StoredSubject;
use crate::transcript::record::UnmetExpectation;

pub(crate) const HOSTILE: &str =
    "<script>alert(1)</script> \u{1b}[31m`@team` ```\n]]>\u{0}\u{202e}";

fn subject(provider: &str) -> StoredSubject {
    StoredSubject {
        provider: provider.to_owned(),
        lane: "standin".to_owned(),
        stack: "lap-337".to_owned(),
        endpoint: "http://127.0.0.1:1".to_owned(),
        ..StoredSubject::default()
    }
}

fn facts() -> RunFacts {
    RunFacts {
        id: "20260102T030405Z-00ff".to_owned(),
        started: "2026-01-02T03:04:05Z".parse().unwrap(),
        ended: "2026-01-02T03:04:35Z".parse().unwrap(),
        version: "0.1.0".to_owned(),
        seed: 7,
        engine: Some("namespaces".to_owned()),
        replays: "auto".to_owned(),
        args: vec!["run".to_owned(), HOSTILE.to_owned()],
        subjects: BySide {
            source: "e2b",
            target: "daytona",
        }
        .map(subject),
        faults: Vec::new(),
        interrupted: None,
        stopped: None,
        calls: 8,
    }
}

pub(crate) fn value(text: &str) -> Vec<ObservedValue> {
    vec![ObservedValue {
        raw: Shown::Bytes(Blob::from_bytes(text.to_owned())),
        normalised: None,
        replays: vec![1],
    }]
}

pub(crate) fn field(verdict: Verdict, source: &str, target: &str) -> FieldVerdict {
    FieldVerdict {
        path: "$.output".into(),
        verdict: Some(verdict),
        not_compared: None,
        kind: "bytes".into(),
        values: BySide { source, target }.map(|text| Arc::new(value(text))),
        rules: Vec::new(),
        quirk: None,
        differs_from: None,
        looks_like: None,
        effect: None,
        gate: None,
        fingerprint: None,
    }
}

pub(crate) fn call(text: &str) -> CallText {
    CallText {
        text: text.into(),
        bytes: text.len(),
    }
}

pub(crate) fn case(id: &str, verdict: Verdict, fields: Vec<FieldVerdict>) -> CaseVerdict {
    let (_, scenario) = id.split_once('/').unwrap();
    CaseVerdict {
        case: id.to_owned(),
        scenario: scenario.to_owned(),
        file: format!("scenarios/{scenario}.yaml"),
        why: format!("Because of {HOSTILE}"),
        surface: Surface::Provider,
        tags: vec!["core".to_owned()],
        traffic: 0,
        required: true,
        verdict,
        reason: format!("it is {verdict}"),
        ending: Ending::Clean,
        replays: BySide {
            source: 1,
            target: 1,
        },
        agrees_only_in_failing: false,
        duration_ms: 12,
        errors: Vec::new(),
        causes: Vec::new(),
        steps: vec![StepVerdict {
            id: "fails".to_owned(),
            line: 6,
            verb: Verb::from_name("execute").unwrap(),
            call: call(&format!("execute: echo {HOSTILE}")),
            verdict,
            reason: String::new(),
            unmet: Vec::new(),
            blame: None,
            agrees_only_in_failing: false,
            gave: BySide::default(),
            fields,
            natures: Vec::new(),
        }],
    }
}

/// A known divergence and a new one.
fn divergent_fields() -> (FieldVerdict, FieldVerdict) {
    let mut known = field(Verdict::KnownDivergence, "a\n", "b\n");
    known.quirk = Some("Q27".to_owned());
    known.effect = Some(Effect::Improvement);
    known.gate = Some(Gate::Allow);
    known.fingerprint = Some("D-00000001".to_owned());
    let mut new = field(
        Verdict::NewDivergence,
        "same\nout \t\r\n",
        &format!("same\n{HOSTILE}"),
    );
    new.fingerprint = Some("D-1a2b3c4d".to_owned());
    new.differs_from = Some("Q29".to_owned());
    (known, new)
}

fn cases() -> Vec<CaseVerdict> {
    let (known, new) = divergent_fields();
    let mut equivalent = field(Verdict::Equivalent, "pid 1\n", "pid 2\n");
    equivalent.rules = vec!["pid".to_owned()];
    let mut skipped = field(Verdict::Identical, "", "");
    skipped.verdict = None;
    skipped.not_compared = Some("ignored: it is random".into());
    let mut hostile = case(
        &format!("provider/hostile/{HOSTILE}"),
        Verdict::NewDivergence,
        vec![new],
    );
    hostile.reason = HOSTILE.to_owned();
    let mut unmet = case(
        "provider/files/unmet",
        Verdict::ExpectationFailed,
        Vec::new(),
    );
    for replay in [1, 2] {
        let found = UnmetExpectation {
            line: 9,
            path: "$.exit_code".to_owned(),
            message: format!("wanted 3, found {HOSTILE}"),
        };
        unmet.steps[0].unmet.push((Side::Target, replay, found));
    }
    let mut error = case("provider/files/error", Verdict::ProviderError, Vec::new());
    error.errors.push(CaseError {
        side: Side::Target,
        replay: 1,
        step: "fails".to_owned(),
        class: Some(FailureClass::Unavailable),
        message: HOSTILE.to_owned(),
    });
    let mut noise = field(Verdict::Noise, "1\n", "2\n");
    Arc::make_mut(&mut noise.values.source)[0].replays = vec![1, 3];
    Arc::make_mut(&mut noise.values.source).extend(value("2\n"));
    let mut failing = case("provider/files/failing", Verdict::Identical, vec![skipped]);
    failing.agrees_only_in_failing = true;
    failing.ending = Ending::Leaked;
    vec![
        case(
            "provider/execute/same",
            Verdict::Identical,
            vec![field(Verdict::Identical, "a\n", "a\n")],
        ),
        case(
            "provider/execute/pid",
            Verdict::Equivalent,
            vec![equivalent],
        ),
        case(
            "provider/execute/nonzero-exit",
            Verdict::KnownDivergence,
            vec![known],
        ),
        hostile,
        unmet,
        error,
        case("provider/files/noise", Verdict::Noise, vec![noise]),
        failing,
        case("provider/files/postgres", Verdict::Unsupported, Vec::new()),
    ]
}

fn divergence(fingerprint: &str, case: &str, verdict: Verdict, quirk: Option<&str>) -> Divergence {
    Divergence {
        fingerprint: fingerprint.to_owned(),
        case: case.to_owned(),
        step: "fails".to_owned(),
        field: "$.output".into(),
        verdict,
        quirk: quirk.map(str::to_owned),
        effect: None,
        gate: None,
        enters_at: "provider".to_owned(),
        first_seen: None,
    }
}

pub(crate) fn conclusion() -> Conclusion {
    let known = ("D-00000001", "provider/execute/nonzero-exit");
    Conclusion {
        cases: cases(),
        divergences: vec![
            divergence(known.0, known.1, Verdict::KnownDivergence, Some("Q27")),
            divergence(
                "D-1a2b3c4d",
                &format!("provider/hostile/{HOSTILE}"),
                Verdict::NewDivergence,
                None,
            ),
        ],
        standing: Vec::new(),
        quirks: QuirkUse {
            matched: vec!["Q27".to_owned()],
            shared: vec!["Q31".to_owned()],
            stale: vec![("Q40".to_owned(), "in scope and not shown".to_owned())],
            expired: vec!["Q29".to_owned()],
            unused: Vec::new(),
            accounts: Accounts::default(),
        },
        drift: Drift {
            verdict: DriftVerdict::Changed,
            reasons: vec![
                (DriftVerdict::Changed, "1 new divergence".to_owned()),
                (DriftVerdict::Unjudged, "1 provider error".to_owned()),
            ],
            new: vec!["D-1a2b3c4d".to_owned()],
            gone: vec!["D-99999999".to_owned()],
            since: Some("20260101T030405Z-0001".to_owned()),
        },
        decision: Decision {
            verdict: DecisionVerdict::NoGo,
            scope: Scope::Rehearsal,
            reasons: vec![format!("the output differs: {HOSTILE}")],
            limits: vec![Limit {
                kind: LimitKind::KnownDivergence,
                effect: Some(Effect::Change),
                quirk: Some("Q27".to_owned()),
                what: "a command that fails keeps its output".to_owned(),
                more: format!("seen in {HOSTILE}"),
                advice: "look at it".to_owned(),
            }],
            blockers: vec![format!("the output differs: {HOSTILE}")],
            open: vec![format!("a provider failed: {HOSTILE}")],
            remarks: vec!["1 case unsupported here: provider/files/postgres".to_owned()],
        },
    }
}

pub(crate) fn input(conclusion: &Conclusion) -> ReportInput<'_> {
    let timing = |side, p50_ms| Timing {
        verb: "execute".to_owned(),
        side,
        count: 4,
        p50_ms,
        p95_ms: 20,
    };
    let titles = [
        ("Q27", "On E2B a non-zero exit loses all output"),
        ("Q29", HOSTILE),
        ("Q40", "Nobody has seen this"),
        ("Q31", "Both trim nothing"),
    ];
    ReportInput {
        run: facts(),
        conclusion,
        titles: titles
            .map(|(id, title)| (id.to_owned(), title.to_owned()))
            .into(),
        timing: vec![timing(Side::Source, 9), timing(Side::Target, 11)],
        availability: vec![Availability {
            side: Side::Target,
            verb: "provision".to_owned(),
            calls: 9,
            first_attempt_failures: 2,
            retries: 3,
        }],
        resources: Resources {
            created: 9,
            destroyed: 8,
            leaked: vec![format!("sb-{HOSTILE}")],
        },
        scenarios: &[],
    }
}
