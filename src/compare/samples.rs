//! Small scenarios, steps and transcripts for the tests of this room.

use std::sync::Arc;

use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::call::{Outcome, Provider, Surface};
use crate::compare::subjects::{LaneFact, Subject, Subjects};
use crate::scenario::field_path::FieldPath;
use crate::scenario::load_embedded;
use crate::scenario::model::{CompareKind, CompareRule, Effects, Scenario, Step};
use crate::transcript::{Ending, KnownLiteral, StepRecord, StepResult, Transcript};

/// A step from `verb: argument`.
pub(crate) fn step(text: &str) -> Step {
    let (verb, _) = text.split_once(": ").unwrap();
    let text = format!("why: x\nsteps:\n  - provision: main\n  - {text}\n");
    let mut scenarios = load_embedded(&[("a/b", &text)]).unwrap();
    let scenario = Arc::get_mut(&mut scenarios[0]).unwrap();
    Step {
        id: verb.to_owned(),
        line: 3,
        ..scenario.steps.remove(1)
    }
}

pub(crate) fn with_compare(mut step: Step, rules: &[(&str, CompareKind)]) -> Step {
    step.compare = rules
        .iter()
        .map(|(path, kind)| CompareRule {
            path: FieldPath::parse(path).unwrap(),
            kind: kind.clone(),
            line: 4,
        })
        .collect();
    step
}

pub(crate) fn scenario(name: &str, steps: Vec<Step>) -> Scenario {
    Scenario {
        name: name.to_owned(),
        file: format!("scenarios/{name}.yaml").into(),
        text: Arc::from(""),
        sha256: String::new(),
        why: "a sample".to_owned(),
        tags: Vec::new(),
        surfaces: vec![Surface::Mcp, Surface::Platform, Surface::Provider],
        quirks: Vec::new(),
        parity: Vec::new(),
        requires: Vec::new(),
        matrix: indexmap::IndexMap::new(),
        optional: false,
        effects: Effects::None,
        traffic: 0,
        platform: crate::scenario::model::PlatformSettings::default(),
        mcp: crate::scenario::model::McpSettings::default(),
        wants: Vec::new(),
        secrets: indexmap::IndexMap::new(),
        steps,
    }
}

pub(crate) fn record(step: &str, result: StepResult) -> StepRecord {
    StepRecord {
        step: step.to_owned(),
        started: "2026-11-23T16:00:01Z".parse().unwrap(),
        duration_ms: 5,
        attempts: 1,
        result,
        unmet: Vec::new(),
    }
}

pub(crate) fn transcript(side: Side, replay: u32, steps: Vec<StepRecord>) -> Transcript {
    let id = match side {
        Side::Source => format!("i2f8w3pq0r1s5t7u9v{replay:02}"),
        Side::Target => format!("c0ffee00-0000-4000-8000-0000000000{replay:02}"),
    };
    Transcript {
        case: "provider/a/b".to_owned(),
        side,
        replay,
        started: "2026-11-23T16:00:00Z".parse().unwrap(),
        ended: "2026-11-23T16:00:10Z".parse().unwrap(),
        steps,
        literals: vec![KnownLiteral {
            kind: "sandbox".to_owned(),
            value: id,
        }],
        ending: Ending::Clean,
    }
}

/// One `execute` with this output and exit code 0.
pub(crate) fn executed(output: &[u8]) -> StepResult {
    let blob = cutover_base::blob::Blob::from_bytes(output.to_vec());
    StepResult::Outcome(
        Outcome::default()
            .with("exit_code", 0)
            .with_bytes("output", blob)
            .with("streams", "merged"),
    )
}

pub(crate) fn subject(provider: Provider) -> Subject {
    Subject {
        provider,
        lane: LaneFact::Standin,
        stack: crate::call::Stack::default(),
        version: None,
    }
}

pub(crate) fn subjects() -> Subjects {
    Subjects {
        sides: BySide {
            source: Provider::E2b,
            target: Provider::Daytona,
        }
        .map(subject),
        engine: Some("namespaces".to_owned()),
        capabilities: vec!["root".to_owned()],
    }
}
