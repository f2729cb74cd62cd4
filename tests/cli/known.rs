//! What is known of a quirk beside the ledger: a case that finds both sides alike, or that no run shows it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{check, scenario};

const ALIKE: &str = "why: both print\nparity: [Q33]\nsteps:\n  - execute: printf x\n";

const UNSHOWN: &str = "format: cutover.not-reproduced/1\nquirks:\n  - { id: Q73, title: Three names, reason: one version is run, checked_by: reading }\n";

#[test]
fn a_quirk_is_accounted_for_by_parity_or_by_what_no_run_shows() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    scenario(at, "t/alike.yaml", ALIKE);
    fs::write(at.join("scenarios/not-reproduced.yaml"), UNSHOWN).unwrap();
    check(at, &["check"], 0, &["1 scenarios"]);
    let said = check(at, &["explain", "q73"], 0, &["no run shows it", "reading"]);
    assert!(said.contains("scenarios/not-reproduced.yaml:3"), "{said}");
    check(at, &["explain", "Q33"], 0, &["parity", "t/alike"]);
    check(
        at,
        &["explain"],
        0,
        &[
            "Q33  parity: ",
            "Q73  Three names (not reproduced)",
            "Q27  ",
        ],
    );
    let line = "the migration's quirks Q01 to Q97: 0 matched, 0 shared, 0 standing, \
                1 alike on both sides, 0 replayed on request, 1 not reproduced, 95 not shown in this run";
    check(at, &["run", "--engine", "process"], 0, &[line]);
    let read = |name: &str| fs::read_to_string(at.join("reports/latest").join(name)).unwrap();
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    let accounts = &report["quirks"]["accounts"];
    assert_eq!(accounts["parity"], serde_json::json!(["Q33"]));
    assert_eq!(accounts["not_reproduced"], serde_json::json!(["Q73"]));
    assert_eq!(accounts["not_shown"].as_array().unwrap().len(), 95);
    assert_eq!(report["quirks"]["titles"]["Q73"], "Three names");
    assert!(read("summary.md").contains("Q01 to Q97: 0 matched"));
    // The run knows by itself what it was told.
    fs::remove_dir_all(at.join("scenarios")).unwrap();
    check(at, &["report"], 0, &[line]);
}

#[test]
fn a_quirk_that_is_known_in_two_ways_is_a_mistake_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    scenario(at, "t/alike.yaml", ALIKE);
    fs::write(
        at.join("scenarios/not-reproduced.yaml"),
        UNSHOWN.replace("Q73", "Q33"),
    )
    .unwrap();
    check(
        at,
        &["check"],
        2,
        &[
            "scenario `t/alike` checks `Q33` under `parity`",
            "scenarios/not-reproduced.yaml:3:11",
        ],
    );
    fs::write(at.join("scenarios/not-reproduced.yaml"), "quirks: 1\n").unwrap();
    check(at, &["check"], 2, &["needs `format`"]);
    fs::remove_file(at.join("scenarios/not-reproduced.yaml")).unwrap();
    // Of every call, so that it is in the ledger of every folder.
    scenario(at, "t/alike.yaml", &ALIKE.replace("Q33", "Q240"));
    check(
        at,
        &["check"],
        2,
        &["(Q240) is in the ledger", "scenarios/t/alike.yaml:2:1"],
    );
    scenario(
        at,
        "t/alike.yaml",
        &ALIKE.replace("[Q33]", "[Q33, Q33, Q3x]"),
    );
    check(
        at,
        &["check"],
        2,
        &[
            "`Q33` stands twice in `parity`",
            "`Q3x` is no quirk's id",
            "2 problems",
        ],
    );
}

#[test]
fn what_is_shipped_is_written_by_init() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    check(
        at,
        &["explain", "Q73"],
        0,
        &["(shipped) not-reproduced.yaml"],
    );
    check(at, &["init", "."], 0, &["files written"]);
    check(
        at,
        &["explain", "Q73"],
        0,
        &["scenarios/not-reproduced.yaml:"],
    );
    check(at, &["check"], 0, &["no problem found"]);
}

/// Rows of the platform's contract tell where each quirk is shown, and must not outlive what they name.
#[test]
fn the_contract_names_what_shows_each_quirk() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let contract = read("docs/contracts/platform.md");
    let not_reproduced = read("scenarios/not-reproduced.yaml");
    let ledger = read("scenarios/quirks.yaml");
    let mut rows = 0;
    for row in contract.lines().filter(|line| line.starts_with("| Q")) {
        rows += 1;
        let id = row[2..].split([' ', '|']).next().unwrap();
        let shown = row
            .trim_end_matches([' ', '|'])
            .rsplit(" | ")
            .next()
            .unwrap();
        let has = |text: &str| text.contains(&format!("- id: {id}\n"));
        let is_silent = shown.starts_with("not reproduced");
        assert_eq!(is_silent, has(&not_reproduced), "{row}");
        let is_entry = shown.starts_with("divergence") || shown.starts_with("shared");
        assert_eq!(is_entry, has(&ledger), "{row}");
        if let Some(names) = shown.strip_prefix("parity: ") {
            for name in names
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|it| !it.starts_with('-'))
            {
                let scenario = read(&format!("scenarios/{name}.yaml"));
                let parity = scenario.lines().find(|line| line.starts_with("parity: "));
                assert!(parity.is_some_and(|line| line.contains(id)), "{row}");
            }
        }
    }
    assert_eq!(rows, 97);
}
