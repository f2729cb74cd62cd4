//! `cutover import` of small logs in each format, of bad ones, and a run of what came of one.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::support::{check, exit_of};

fn log(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/logs")
        .join(name);
    path.display().to_string()
}

/// The texts of the scenarios of a folder.
fn scenarios(at: &Path) -> String {
    let entries = fs::read_dir(at).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|it| it == "yaml"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
}

/// A log, what is told of it, and what its scenarios hold.
const SAMPLES: &[(&str, [&str; 3], &[&str])] = &[
    (
        "calls.jsonl",
        [
            "lines of tool calls, 4 sessions",
            "11 calls: 8 replayed, 1 held back, 2 cannot be replayed",
            "3 scenarios",
        ],
        &[
            "traffic: { calls: 4 }",
            "# 2 sessions called this.",
            "(git push)",
            "`webfetch` is no tool",
        ],
    ),
    (
        "messages.jsonl",
        [
            "JSON-RPC messages, 1 session",
            "3 calls: 3 replayed, 0 held back",
            "1 scenario",
        ],
        &["ls /tmp/tmp.${{ value_1 }} | wc -l", "pattern:"],
    ),
    (
        "opencode.json",
        [
            "an opencode session",
            "4 calls: 3 replayed, 0 held back, 1 cannot",
            "1 scenario",
        ],
        &["- execute: \"ls -la\"", "- read_file: \"/nope\""],
    ),
    (
        "swe-agent.traj",
        [
            "a SWE-agent trajectory",
            "4 calls: 2 replayed, 0 held back, 2 cannot",
            "1 scenario",
        ],
        &["- provision: \"main\"", "`open` is no tool"],
    ),
    (
        "mini-swe-agent.traj.json",
        [
            "a mini-swe-agent trajectory",
            "2 calls: 2 replayed, 0 held back, 0 cannot",
            "1 scenario",
        ],
        &["ls -la /tmp && echo done", "answered \"total 0"],
    ),
    (
        "openhands.json",
        [
            "OpenHands events",
            "5 calls: 2 replayed, 1 held back, 2 cannot",
            "1 scenario",
        ],
        &["- read_file: \"/workspace/a.txt\"", "curl POST"],
    ),
];

#[test]
fn every_format_becomes_scenarios_that_are_accepted() {
    for (name, told, parts) in SAMPLES {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path();
        check(at, &["import", &log(name), "--out", "made"], 0, told);
        let text = scenarios(&at.join("made"));
        for part in *parts {
            assert!(text.contains(part), "{name}: {part:?} in\n{text}");
        }
        assert!(!text.contains("s3cr3t"), "{text}");
        let page = fs::read_to_string(at.join("made/traffic.md")).unwrap();
        assert!(page.contains("| share | calls |"), "{page}");
        assert!(!page.contains("s3cr3t"), "{page}");
        check(at, &["check", "made"], 0, &[told[2]]);
    }
}

#[test]
fn a_bad_log_leaves_nothing_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let external = r#"{"tool":"bash","arguments":{"command":"git push"}}"#;
    for (bytes, exit, told) in [
        (&b""[..], 2, "the log is empty"),
        (b"\x7fELF\0\0\0", 2, "binary"),
        (b"what is this\n", 2, "mini-swe-agent and OpenHands"),
        (external.as_bytes(), 4, "1 held back"),
    ] {
        fs::write(at.join("log"), bytes).unwrap();
        let said = check(at, &["import", "log"], exit, &[told]);
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    }
    check(at, &["import", "nowhere"], 2, &["`nowhere` cannot be read"]);
    assert_eq!(fs::read_dir(at).unwrap().count(), 1, "something was left");
    fs::create_dir(at.join("imported")).unwrap();
    fs::write(at.join("imported/mine"), "").unwrap();
    check(
        at,
        &["import", &log("calls.jsonl")],
        2,
        &["`imported` is there already", "--out"],
    );
    check(
        at,
        &["import", &log("calls.jsonl"), "--out", "no/such"],
        3,
        &["cannot be written"],
    );
}

#[test]
fn what_can_be_read_of_a_damaged_log_is_imported() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let whole = fs::read_to_string(log("calls.jsonl")).unwrap();
    let long = format!(
        r#"{{"tool":"bash","arguments":{{"command":"echo {}"}}}}"#,
        "x".repeat(10_000_000)
    );
    let mut bytes = format!("rubbish\n{}\n{long}\n", whole.lines().next().unwrap()).into_bytes();
    bytes.extend_from_slice(b"{\"tool\":\"\xff\"}\n{\"tool\":\"ba");
    fs::write(at.join("log"), bytes).unwrap();
    check(
        at,
        &["import", "log"],
        0,
        &[
            "`log`: line 5: the log is cut here",
            "`log`: line 1: no JSON",
            "`log`: line 4: no text",
            "2 calls: 1 replayed, 0 held back, 1 cannot be replayed",
            "longer than 128 KiB",
        ],
    );
    check(at, &["check", "imported"], 0, &[]);
    // A single document that was cut.
    let whole = fs::read_to_string(log("opencode.json")).unwrap();
    let cut = whole.find("call_3").unwrap();
    fs::write(at.join("cut"), &whole[..cut]).unwrap();
    let said = check(
        at,
        &["import", "cut", "--out", "second"],
        0,
        &["the log is cut here"],
    );
    assert!(
        said.contains("3 calls: 2 replayed") || said.contains("2 calls: 2 replayed"),
        "{said}"
    );
}

#[test]
fn a_run_weighs_what_it_found_by_the_traffic() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    check(at, &["import", &log("calls.jsonl")], 0, &[]);
    let (code, said) = exit_of(
        at,
        &["run", "imported", "--engine", "process", "--replays", "1"],
    );
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("traffic of 8 calls: "), "{said}");
    assert!(said.contains(" % of the replayed are "), "{said}");
    let report = fs::read_to_string(at.join("reports/latest/report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let traffic = &report["totals"]["traffic"];
    assert_eq!(traffic["calls"], 8);
    let shares = traffic["percent_by_verdict"].as_object().unwrap().values();
    let sum: f64 = shares.map(|share| share.as_f64().unwrap()).sum();
    assert!((99.0..=101.0).contains(&sum), "{traffic}");
    let summary = fs::read_to_string(at.join("reports/latest/summary.md")).unwrap();
    assert!(summary.contains("traffic of 8 calls"), "{summary}");
}

#[test]
fn a_wrong_weight_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    for (traffic, told) in [
        ("{ calls: 0 }", "`calls` must be a whole number"),
        ("{ call: 3 }", "did you mean `calls`"),
        ("3", "must be a mapping"),
        ("{}", "calls"),
    ] {
        let text =
            format!("why: x\ntraffic: {traffic}\nsurfaces: [provider]\nsteps:\n  - execute: ls\n");
        super::support::scenario(at, "a/a.yaml", &text);
        check(at, &["check"], 2, &["a.yaml:2", told]);
    }
}
