//! Which fixes a run's blockers want.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{check, exit_of, newest_run, scenario};

const MISSING: &str = "why: a missing file is told\nquirks: [Q56]\nsurfaces: [mcp]\nsteps:\n  - id: missing\n    read_file: /nope\n";

const TILDE: &str = "why: people write it\nquirks: [Q60]\nsurfaces: [mcp]\nsteps:\n  - execute: echo here > f.txt\n  - id: tilde\n    read_file: \"~/f.txt\"\n";

const SAME: &str = "why: both print\nsurfaces: [mcp]\nsteps:\n  - execute: printf x\n";

const TOLD: &str = "error: sandbox expired — call provision to create a new one (file not found: ";

/// A ledger of narrow entries that block; each shape is case, step, field and what both sides give.
fn ledger(entries: &[(&str, &str, &[[&str; 5]])]) -> String {
    let entry = |(id, cause, shapes): &(&str, &str, &[[&str; 5]])| {
        let shape = |[case, step, field, from, to]: &[&str; 5]| {
            format!(
                "      - {{ case: {case}, step: {step}, field: $.{field}, from: {{ side: e2b, {from} }}, to: {{ side: daytona, {to} }} }}\n"
            )
        };
        let shapes: String = shapes.iter().map(shape).collect();
        format!(
            "  - id: {id}\n    title: The title of {id}\n    kind: divergence\n    cause: {cause}\n    effect: regression\n    gate: block\n    reason: it is so\n    fix: mend {id}\n    link: https://example.org/\n    owner: us\n    expires: 2099-01-01\n    shapes:\n{shapes}"
        )
    };
    let entries: String = entries.iter().map(entry).collect();
    format!("format: cutover.quirks/1\nquirks:\n{entries}")
}

fn missing() -> [[String; 5]; 2] {
    let place = |field: &str, from: &str, to: &str| {
        ["mcp/t/missing", "missing", field, from, to].map(str::to_owned)
    };
    let told = format!("equals: \"{TOLD}/nope)\"");
    [
        place(
            "text",
            "equals: \"read_file failed: internal error\"",
            &told,
        ),
        place("is_error", "equals: true", "equals: false"),
    ]
}

fn written(at: &Path, others: &[(&str, &str, &[[&str; 5]])]) {
    let missing = missing();
    let missing = missing
        .each_ref()
        .map(|shape| shape.each_ref().map(String::as_str));
    let tilde = format!("equals: \"{TOLD}~/f.txt)\"");
    let tilde = [[
        "mcp/t/tilde",
        "tilde",
        "text",
        "equals: \"here\\n\"",
        &tilde,
    ]];
    let mut entries: Vec<(&str, &str, &[[&str; 5]])> =
        vec![("Q56", "platform", &missing), ("Q60", "provider", &tilde)];
    entries.extend(others);
    scenario(at, "t/missing.yaml", MISSING);
    scenario(at, "t/tilde.yaml", TILDE);
    scenario(at, "t/same.yaml", SAME);
    fs::write(at.join("scenarios/quirks.yaml"), ledger(&entries)).unwrap();
}

const RUN: [&str; 3] = ["run", "--engine", "process"];

#[test]
fn the_smallest_set_is_found_and_proved_and_nothing_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    written(at, &[]);
    check(at, &RUN, 0, &["NO_GO", "(Q56)", "(Q60)"]);
    let run = newest_run(at);
    // What is asked is in the run alone.
    fs::remove_dir_all(at.join("scenarios")).unwrap();
    let said = check(
        at,
        &["fixes"],
        0,
        &[
            "NO_GO; 3 places block",
            "2 fixes are needed, and enough for all that a fix removes: lap-337+Q56+Q60 on both sides",
            "2 cases replayed with exactly these: GO_WITH_LIMITS; without any one of them: NO_GO (3 replays)",
            "Q56  The title of Q56\n  removes: mcp/t/missing, step `missing`, `$.text`\n",
            "Q60  The title of Q60\n  removes: mcp/t/tilde, step `tilde`, `$.text`\n",
            "  to change: mend Q60\n",
            "repaired in the platform",
            "replaying 2 cases with lap-337+Q60 on both sides",
        ],
    );
    assert!(!said.contains("no fix removes\n"), "{said}");
    let runs = fs::read_dir(at.join("reports")).unwrap();
    let kept: Vec<_> = runs.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(kept.len(), 2, "the run and `latest`: {kept:?}");
    assert_eq!(newest_run(at), run);
}

#[test]
fn what_no_fix_removes_is_told_with_why() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    // Of the provider itself, and of nobody: both in one case with what has a fix.
    let theirs = [[
        "mcp/t/missing",
        "home",
        "text",
        "equals: \"0\\n\"",
        "equals: \"5\\n\"",
    ]];
    written(at, &[("Q270", "provider", &theirs)]);
    let more = "  - id: home\n    execute: \"env | grep -c ^DAYTONA_ || true\"\n  - id: theirs\n    execute: \"env | grep -c ^E2B_ || true\"\n";
    scenario(
        at,
        "t/missing.yaml",
        &format!("{MISSING}{more}").replace("[Q56]", "[Q56, Q270]"),
    );
    let (_, said) = exit_of(at, &RUN);
    assert!(
        said.contains("NO_GO") && said.contains("new divergence"),
        "{said}"
    );
    let (code, said) = exit_of(at, &["fixes", "reports/latest", "--json", "--out", "kept"]);
    assert_eq!(code, 1, "{said}");
    let json = &said[said.find('{').unwrap()..=said.rfind('}').unwrap()];
    let told: Value = serde_json::from_str(json).unwrap();
    assert_eq!(told["format"], "cutover.fixes/1");
    assert_eq!(told["was"], "NO_GO");
    assert_eq!(told["cases"], json!(["mcp/t/missing", "mcp/t/tilde"]));
    let set = &told["set"];
    let ids = set["fixes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fix| &fix["id"]);
    assert_eq!(ids.collect::<Vec<_>>(), ["Q56", "Q60"]);
    assert_eq!(
        (&set["verdict"], &set["smallest"]),
        (&json!("NO_GO"), &json!(true))
    );
    let left = told["remaining"].as_array().unwrap();
    let why = |part: &str| {
        let mut whys = left.iter().map(|one| one["why"].as_str().unwrap());
        assert!(whys.any(|why| why.contains(part)), "{part}: {left:?}");
    };
    why("it is the provider's own (cause provider)");
    why("accept it with an entry, or mend it");
    let kept = fs::read_dir(at.join("kept")).unwrap().count();
    let replays = usize::try_from(set["replays"].as_u64().unwrap()).unwrap();
    assert_eq!(kept, replays + 1, "the replays and `latest`");
    check(at, &["report", "kept/latest"], 0, &["lap-337+Q56"]);
}

#[test]
fn a_run_that_cannot_be_asked_is_refused_with_why() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    check(at, &["fixes"], 2, &["reports/latest"]);
    check(at, &["fixes", "nowhere"], 2, &["nowhere"]);
    scenario(
        at,
        "t/same.yaml",
        "why: both print\nsteps:\n  - execute: printf x\n",
    );
    check(at, &RUN, 0, &["GO"]);
    check(at, &["fixes"], 0, &["nothing blocks"]);
    // A difference that nobody knows has no fix, so that nothing is replayed.
    let differ = "why: they differ\nsteps:\n  - execute: \"env | grep -c ^E2B_ || true\"\n";
    scenario(at, "t/same.yaml", differ);
    check(at, &RUN, 1, &["NO_GO"]);
    check(
        at,
        &["fixes"],
        1,
        &[
            "no blocker has a fix",
            "new divergence D-",
            "accept it with an entry",
        ],
    );
    let journal = newest_run(at).join("events.ndjson");
    let text = fs::read_to_string(&journal).unwrap();
    for (from, to, told) in [
        (
            "\"lane\":\"standin\"",
            "\"lane\":\"live\"",
            "its source is e2b@live/lap-337, which cannot",
        ),
        (
            "\"stack\":\"lap-337\"",
            "\"stack\":\"lap-direct\"",
            "takes no fixes",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(&journal, text.replace(from, to)).unwrap();
        check(at, &["fixes"], 2, &[told]);
    }
    fs::write(&journal, "no journal\n").unwrap();
    check(at, &["fixes"], 2, &["events.ndjson"]);
}
