//! Scenarios with the tag `long` or `template`: replayed where somebody asks for them, and only there.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{check, scenario};

/// The newest run's report.
fn report(at: &Path) -> Value {
    let text = fs::read_to_string(at.join("reports/latest/report.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The cases of the newest run.
fn cases(at: &Path) -> Vec<String> {
    let report = report(at);
    let cases = report["cases"].as_array().unwrap().iter();
    cases
        .map(|case| case["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_waits_is_replayed_where_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    scenario(at, "a/quick.yaml", "why: x\nsteps: [{execute: echo a}]\n");
    let slow = "why: x\ntags: [long]\nparity: [Q33]\nsteps: [{execute: echo b}]\n";
    scenario(at, "a/slow.yaml", slow);
    scenario(at, "a/slower.yaml", slow);
    let run = |args: &[&str], wanted: &[&str]| {
        let args = [&["run", "--engine", "process"], args].concat();
        check(at, &args, 0, &[]);
        assert_eq!(cases(at), wanted, "{args:?}");
    };
    let both = ["provider/a/slow", "provider/a/slower"];
    run(&[], &["provider/a/quick"]);
    let accounts = &report(at)["quirks"]["accounts"];
    assert_eq!(accounts["on_request"], serde_json::json!(["Q33"]));
    assert_eq!(accounts["parity"], serde_json::json!([]));
    run(&["--tag", "long"], &both);
    let accounts = &report(at)["quirks"]["accounts"];
    assert_eq!(accounts["parity"], serde_json::json!(["Q33"]));
    run(&["--only", "a/slow"], &["provider/a/slow"]);
    run(&["scenarios/a/slow.yaml"], &["provider/a/slow"]);
    check(at, &["run", "--plan"], 0, &["`--tag long`"]);
    // A pattern of a profile asks for what is always replayed, an id for what it names.
    let profile = |required: &str| {
        let text = format!("format: cutover.profile/1\nwhy: x\nrequired: [{required}]\n");
        fs::write(at.join("p.yaml"), text).unwrap();
    };
    profile("provider/*");
    run(&["--profile", "p.yaml"], &["provider/a/quick"]);
    profile("provider/a/slow");
    run(&["--profile", "p.yaml", "--tag", "long"], &both);
}

#[test]
fn a_stopped_run_of_what_waits_is_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    for name in ["one", "two", "three"] {
        let text = format!("why: x\ntags: [long]\nsteps:\n  - execute: 'echo {name}'\n");
        scenario(at, &format!("a/{name}.yaml"), &text);
    }
    let capped = ["--jobs", "1", "--sandboxes-total", "2"];
    let run = ["run", "--engine", "process", "--tag", "long"];
    check(at, &[&run[..], &capped].concat(), 3, &["drift unjudged"]);
    let resume = ["run", "--resume", "reports/latest"];
    check(at, &resume, 0, &["drift unchanged"]);
    assert_eq!(cases(at).len(), 3);
}
