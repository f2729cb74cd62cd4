//! A journal that was cut at any byte, as by `kill -9` or a power cut: what is read of it is never
//! taken for a whole run, and `--resume` comes to what the run would have come to.

use std::fs;
use std::path::{Path, PathBuf};

use cutover::compare::answer::DecisionVerdict;
use cutover::compare::ledger::Ledger;
use cutover::run::conclude::{Terms, conclude_run};
use cutover::transcript::{StoredRun, read_journal};
use serde_json::Value;

use crate::support::{check, exit_of, scenario};

const JOURNAL: &str = "reports/latest/events.ndjson";

/// Three cases, one of which differs by a ledger's entry and one of which has none.
fn small_run(at: &Path) {
    scenario(
        at,
        "a/alike.yaml",
        "why: x\nsteps:\n  - execute: 'echo a'\n",
    );
    scenario(
        at,
        "a/known.yaml",
        "why: x\nquirks: [L-001]\nsteps:\n  - id: zero\n    execute: 'echo $0'\n",
    );
    let ledger = "format: cutover.quirks/1\nquirks:\n  - id: L-001\n    title: another shell\n    \
         kind: divergence\n    cause: provider\n    effect: change\n    gate: allow\n    shapes:\n      \
         - { case: provider/a/known, step: zero, field: $.output,\n          \
         from: { side: e2b, matches: '.*\\n' }, to: { side: daytona, any: true } }\n    \
         reason: they start shells of their own\n    link: https://example.org/\n    owner: me\n    expires: 2099-01-01\n";
    scenario(at, "quirks.yaml", ledger);
    let args = ["run", "--engine", "process", "--replays", "1"];
    check(at, &args, 0, &["drift unchanged", "GO_WITH_LIMITS"]);
}

fn conclude(run: &StoredRun) -> (DecisionVerdict, Option<i32>, usize) {
    let terms = Terms {
        ledger: Ledger::default(),
        profile: None,
        asked_at: run.started_at,
        not_reproduced: Vec::new(),
    };
    let conclusion = conclude_run(run, &terms).unwrap();
    let signal = match conclusion.drift.verdict {
        cutover::compare::answer::DriftVerdict::Interrupted(signal) => Some(signal),
        _ => None,
    };
    (conclusion.decision.verdict, signal, conclusion.cases.len())
}

/// What may stand behind the last byte that reached the disk.
const TAILS: [&[u8]; 4] = [
    b"",
    &[0; 4096],
    b"\0\0\0\n\0\0",
    b"\x7fELF\n{\"seq\":\n\xff\xfe garbage {}\n[]\n",
];

/// A line without the shipped texts, which are as long as a hundred such runs.
fn without_shipped(line: &str) -> String {
    if !line.contains("\"event\":{\"run_started\"") {
        return line.to_owned();
    }
    let mut line: Value = serde_json::from_str(line).unwrap();
    let started = &mut line["event"]["run_started"];
    started["ledger"] = serde_json::json!([]);
    started["not_reproduced"] = Value::Null;
    line.to_string()
}

#[test]
fn a_journal_cut_at_any_byte_is_never_taken_for_a_whole_run() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    small_run(at);
    // What the drivers exchanged is most of a journal, and read like the rest of it.
    let whole = fs::read_to_string(at.join(JOURNAL)).unwrap();
    let kept = whole
        .lines()
        .filter(|line| !line.contains("\"event\":{\"exchange\""));
    let whole: Vec<u8> = kept
        .flat_map(|line| [&without_shipped(line), "\n"].concat().into_bytes())
        .collect();
    let mut last: Option<StoredRun> = None;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    let line_of = |name: &str| {
        let name = format!("\"event\":{{\"{name}\"");
        let found = whole
            .windows(name.len())
            .position(|at| at == name.as_bytes());
        let start = found.unwrap();
        start
            + whole[start..]
                .iter()
                .position(|byte| *byte == b'\n')
                .unwrap()
    };
    let (started, planned) = (line_of("run_started"), line_of("run_planned"));
    for end in 0..whole.len() {
        // Every byte is tried without a tail, and with one of them in turn.
        for tail in [TAILS[0], TAILS[1 + end % (TAILS.len() - 1)]] {
            fs::write(&file, [&whole[..end], tail].concat()).unwrap();
            let run = match read_journal(folder.path()) {
                Ok(run) => run,
                Err(error) if end <= started => {
                    // The first tail of zeros is no line; with other tails line 1 has an end.
                    let text = error.to_string();
                    let says = ["run it anew", "names no format"];
                    assert!(says.iter().any(|part| text.contains(part)), "{end}: {text}");
                    continue;
                }
                Err(error) => panic!("{end}: {error}"),
            };
            assert!(end > started, "{end}");
            assert_eq!(run.planned, end > planned, "{end}");
            // All cuts in one line leave the same, but for what is left out behind it.
            let mut run = run;
            run.damaged.clear();
            if last.as_ref() == Some(&run) {
                continue;
            }
            let (decision, signal, cases) = conclude(&run);
            assert_ne!(decision, DecisionVerdict::Go, "{end}");
            assert_ne!(decision, DecisionVerdict::GoWithLimits, "{end}");
            assert_eq!(signal, Some(9), "{end}");
            assert_eq!(cases, if end > planned { 2 } else { 0 }, "{end}");
            last = Some(run);
        }
    }
}

/// What the answer is made of; times and counts of sandboxes are not.
fn answer(at: &Path) -> Value {
    let text = fs::read_to_string(at.join("reports/latest/report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let cases: Vec<Value> = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(case)
        .collect();
    serde_json::json!({
        "cases": cases, "drift": report["drift"], "decision": report["decision"],
        "quirks": report["quirks"], "divergences": fingerprints(&report),
    })
}

fn case(case: &Value) -> Value {
    let fields = |step: &Value| -> Vec<Value> {
        let fields = step["fields"].as_array().unwrap();
        fields
            .iter()
            .map(|f| serde_json::json!([f["path"], f["verdict"], f["quirk"]]))
            .collect()
    };
    let steps = case["steps"].as_array().unwrap();
    let steps: Vec<Value> = steps
        .iter()
        .map(|step| serde_json::json!([step["id"], step["verdict"], fields(step)]))
        .collect();
    serde_json::json!([
        case["id"],
        case["verdict"],
        case["reason"],
        case["ending"],
        steps
    ])
}

fn fingerprints(report: &Value) -> Vec<Value> {
    let found = report["divergences"].as_array().unwrap();
    found
        .iter()
        .map(|found| found["fingerprint"].clone())
        .collect()
}

/// The run of `from`, with its journal cut and something behind it.
fn cut(from: &Path, run: &Path, journal: &[u8]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let name = run.file_name().unwrap();
    let reports = dir.path().join("reports");
    fs::create_dir_all(reports.join(name).join("blobs")).unwrap();
    std::os::unix::fs::symlink(name, reports.join("latest")).unwrap();
    fs::write(dir.path().join(JOURNAL), journal).unwrap();
    // A resumption must not look at what lies in the folder now.
    assert!(!dir.path().join("scenarios").exists() && from.join("scenarios").exists());
    dir
}

#[test]
fn a_run_cut_anywhere_is_resumed_to_the_same_answer() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    small_run(at);
    let run: PathBuf = at.join("reports/latest").canonicalize().unwrap();
    let whole = fs::read(at.join(JOURNAL)).unwrap();
    let wanted = answer(at);
    let ends: Vec<usize> = (0..whole.len())
        .filter(|byte| whole[*byte] == b'\n')
        .collect();
    // Behind each of some lines, in the middle of the next, and one byte before its end.
    let mut cuts: Vec<usize> = Vec::new();
    for (index, pair) in ends.windows(2).enumerate() {
        if index < 4 || index % 5 == 0 || index + 3 > ends.len() {
            cuts.extend([pair[0] + 1, usize::midpoint(pair[0], pair[1]), pair[1]]);
        }
    }
    std::thread::scope(|threads| {
        for part in cuts.chunks(cuts.len().div_ceil(6)) {
            let (whole, wanted, run, ends) = (&whole, &wanted, &run, &ends);
            threads.spawn(move || {
                for end in part {
                    let tail = TAILS[end % TAILS.len()];
                    let dir = cut(at, run, &[&whole[..*end], tail].concat());
                    resumed(dir.path(), *end, ends, wanted);
                }
            });
        }
    });
}

/// Resumes; a run that was cut before its plan is refused with what to do.
fn resumed(at: &Path, end: usize, ends: &[usize], wanted: &Value) {
    let (code, said) = exit_of(at, &["run", "--resume", "reports/latest"]);
    let (started, planned) = (ends[1], ends[2]);
    if end <= planned {
        assert_eq!(code, 2, "{end}: {said}");
        assert!(said.contains("run it anew"), "{end}: {said}");
        let args = "cutover run --engine process --replays 1";
        assert_eq!(said.contains(args), end > started, "{end}: {said}");
        return;
    }
    assert_eq!(code, 0, "{end}: {said}");
    assert_eq!(answer(at), *wanted, "{end}: {said}");
    check(
        at,
        &["run", "--resume", "reports/latest"],
        4,
        &["nothing to resume"],
    );
    check(
        at,
        &["gate", "reports/latest", "--rehearsal"],
        0,
        &["GO_WITH_LIMITS"],
    );
}

/// A journal without a plan, as an old version wrote it: one line for each case.
#[test]
fn a_journal_without_a_plan_is_read_and_decides_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    small_run(at);
    let text = fs::read_to_string(at.join(JOURNAL)).unwrap();
    let mut old = String::new();
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let Some(cases) = event["event"]["run_planned"]["cases"].as_array() else {
            old.push_str(line);
            old.push('\n');
            continue;
        };
        for case in cases {
            let mut planned = case.clone();
            planned.as_object_mut().unwrap().remove("id");
            let event = serde_json::json!({
                "seq": event["seq"], "at": event["at"], "case": case["id"],
                "event": { "case_planned": planned },
            });
            old.push_str(&event.to_string());
            old.push('\n');
        }
    }
    fs::write(at.join(JOURNAL), old).unwrap();
    check(
        at,
        &["report", "reports/latest"],
        0,
        &["which cases were planned"],
    );
    check(
        at,
        &["gate", "reports/latest", "--rehearsal"],
        3,
        &["INCONCLUSIVE"],
    );
    let resume = ["run", "--resume", "reports/latest"];
    check(at, &resume, 2, &["cannot be resumed", "run it anew"]);
    let recorded = [
        "run",
        "--source",
        "e2b@recording=reports/latest",
        "--engine",
        "process",
    ];
    check(at, &recorded, 0, &["drift unchanged"]);
}
