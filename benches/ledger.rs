//! A wide shape of the ledger on texts of which every line differs, half a mebibyte and a quarter of
//! it: four times the text should cost some four times as much. Timings are shown, not asserted.
#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot begin has nothing to tell"
)]

use std::path::Path;

use cutover::call::{Outcome, Provider, Stack, Surface};
use cutover::compare::judge::{CaseInput, judge_case};
use cutover::compare::ledger::{Ledger, LedgerText, read_ledger};
use cutover::compare::subjects::{LaneFact, Subject, Subjects};
use cutover::compare::verdict::Verdict;
use cutover::scenario::parse_one;
use cutover::transcript::{Ending, StepRecord, StepResult, Transcript};
use cutover_base::blob::Blob;
use cutover_base::by_side::BySide;

const LINE: &str = "bin/bash: line 17: some-tool: command not found\n";

fn main() {
    divan::main();
}

#[divan::bench(args = [128 * 1024, 512 * 1024], sample_count = 10)]
fn every_line_differs(bencher: divan::Bencher<'_, '_>, bytes: usize) {
    let scenario = parse_one(
        "a/b",
        Path::new("b.yaml"),
        "why: x\nsteps:\n  - execute: x\n",
    )
    .expect("the scenario is good");
    let step = scenario.steps.last().map_or("", |step| step.id.as_str());
    let sides = BySide {
        source: "/",
        target: "/usr/",
    };
    let text = |before: &str| format!("{before}{LINE}").repeat(bytes / LINE.len());
    let transcripts = BySide::from_fn(|side| [transcript(side, step, text(sides[side]))]);
    let (ledger, subjects) = (ledger(), subjects());
    bencher.bench_local(|| {
        let case = judge_case(&CaseInput {
            case_id: "provider/a/b",
            scenario: &scenario,
            surface: Surface::Provider,
            required: true,
            transcripts: transcripts.as_ref().map(<[_; 1]>::as_slice),
            subjects: &subjects,
            ledger: &ledger,
            now: "2026-11-23T16:00:00Z".parse().expect("a time"),
        });
        let known = case
            .steps
            .iter()
            .any(|step| step.verdict == Verdict::KnownDivergence);
        assert!(known, "{}", case.reason);
    });
}

fn ledger() -> Ledger {
    let text = r"format: cutover.quirks/1
quirks:
  - id: L-1
    title: bash says its own path
    kind: divergence
    cause: provider
    effect: wording
    shapes:
      - verb: execute
        field: $.output
        from: { side: e2b, inside: '/bin/bash: line (?<n>\d+): (?<what>.*)' }
        to: { side: daytona, inside: '/usr/bin/bash: line (?<n>\d+): (?<what>.*)' }
        same: [n, what]
    reason: x
    owner: x
    expires: 2027-06-01
";
    let file = "ledger.yaml";
    read_ledger(&[LedgerText { file, text }]).expect("the ledger is good")
}

fn transcript(side: cutover_base::side::Side, step: &str, output: String) -> Transcript {
    let at = "2026-11-23T16:00:00Z".parse().expect("a time");
    let outcome = Outcome::default()
        .with("exit_code", 0)
        .with_bytes("output", Blob::from_bytes(output));
    Transcript {
        case: "provider/a/b".to_owned(),
        side,
        replay: 1,
        started: at,
        ended: at,
        steps: vec![StepRecord {
            step: step.to_owned(),
            started: at,
            duration_ms: 1,
            attempts: 1,
            result: StepResult::Outcome(outcome),
            unmet: Vec::new(),
        }],
        literals: Vec::new(),
        ending: Ending::Clean,
    }
}

fn subjects() -> Subjects {
    let subject = |provider| Subject {
        provider,
        lane: LaneFact::Standin,
        stack: Stack::default(),
        version: None,
    };
    Subjects {
        sides: BySide {
            source: subject(Provider::E2b),
            target: subject(Provider::Daytona),
        },
        engine: None,
        capabilities: Vec::new(),
    }
}
