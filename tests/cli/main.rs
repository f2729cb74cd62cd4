//! The command line as a user meets it: exit codes, places of mistakes, and nothing created when
//! the input is bad. Each test runs the built program in a folder of its own.
#![expect(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod audit;
mod cuts;
mod fixes;
mod gates;
mod import;
mod known;
mod mcp;
mod on_request;
mod record;
mod registered;
mod registered_files;
mod registering;
mod stored;
mod support;
mod trouble;

use std::fs;
use std::process::Command;

use support::{check, exit_of, scenario};

/// Scenarios and settings of the README are accepted as they stand there.
#[test]
fn what_the_readme_shows_is_without_a_mistake() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let readme = include_str!("../../README.md");
    let blocks = readme.split("```yaml\n").skip(1);
    let blocks = blocks.filter_map(|rest| Some(rest.split_once("```")?.0));
    let (scenarios, others): (Vec<&str>, Vec<&str>) =
        blocks.partition(|block| block.contains("steps:"));
    let (settings, _) = others
        .into_iter()
        .partition::<Vec<&str>, _>(|block| block.contains("cutover.settings/1"));
    assert_eq!((scenarios.len(), settings.len()), (2, 2));
    for (index, text) in scenarios.iter().enumerate() {
        scenario(at, &format!("readme/{index}.yaml"), text);
    }
    fs::write(at.join("cutover.yaml"), settings[0]).unwrap();
    check(at, &["check"], 2, &["is not declared"]);
    fs::write(at.join("cutover.yaml"), settings[1]).unwrap();
    check(at, &["check"], 0, &["2 scenarios"]);
}

/// Whatever this machine has, each line of `doctor` names its subject once.
#[test]
fn doctor_names_each_side_once() {
    let dir = tempfile::tempdir().unwrap();
    let (_, said) = exit_of(dir.path(), &["doctor"]);
    for side in ["e2b@live", "daytona@live"] {
        assert_eq!(said.matches(side).count(), 1, "{said}");
    }
}

#[test]
fn usage_mistakes_exit_2_and_create_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    check(at, &[], 2, &["Usage"]);
    check(at, &["run", "--replays", "many"], 2, &["--replays takes"]);
    check(
        at,
        &["run", "--surface", "agent"],
        2,
        &["unknown surface `agent`; mcp, platform or provider"],
    );
    check(
        at,
        &["run", "--source", "modal"],
        2,
        &["unknown provider `modal`; e2b or daytona"],
    );
    check(
        at,
        &["run", "--source", "e2b@live"],
        2,
        &["error: e2b@live: E2B_API_KEY"],
    );
    check(
        at,
        &["run", "--target", "daytona@live"],
        2,
        &["DAYTONA_API_KEY"],
    );
    check(
        at,
        &["run", "--fault", "target=nonsense"],
        2,
        &["--fault target=nonsense"],
    );
    check(at, &["run", "--fault", "503"], 2, &["SIDE=KIND"]);
    check(at, &["run", "--engine", "docker"], 2, &["ocker"]);
    let image = ["run", "--engine", "process", "--source-image", "x:1"];
    check(at, &image, 2, &["--source-image x:1", "--engine docker"]);
    check(
        at,
        &["run", "--target-image", "a b"],
        2,
        &["no name of an image"],
    );
    check(at, &["run", "--shard", "9/2"], 2, &["--shard"]);
    check(at, &["run", "nowhere"], 2, &["nowhere"]);
    assert_eq!(
        fs::read_dir(at).unwrap().count(),
        0,
        "something was created"
    );
}

#[test]
fn nothing_selected_exits_4() {
    let dir = tempfile::tempdir().unwrap();
    check(
        dir.path(),
        &["run", "--only", "provider/no/such/*"],
        4,
        &["no case is selected"],
    );
    check(
        dir.path(),
        &["list", "--tag", "no-such-tag"],
        4,
        &["no case is selected"],
    );
}

#[test]
fn every_mistake_of_every_file_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    scenario(
        dir.path(),
        "a/typo.yaml",
        "why: x\nsteps:\n  - exceute: 'true'\n",
    );
    scenario(
        dir.path(),
        "a/twice.yaml",
        "why: x\nwhy: y\nsteps:\n  - execute: 'true'\n",
    );
    scenario(
        dir.path(),
        "a/capture.yaml",
        "why: x\nsteps:\n  - execute: 'echo ${{ nobody }}'\n  - read_file: { path: /f, dpeth: 1 }\n",
    );
    let said = check(
        dir.path(),
        &["check"],
        2,
        &[
            "typo.yaml:3",
            "execute",
            "twice.yaml:2",
            "capture.yaml:3",
            "nobody",
            "capture.yaml:4",
        ],
    );
    assert!(said.contains("depth") || said.contains("dpeth"), "{said}");
    check(dir.path(), &["run"], 2, &["typo.yaml:3", "twice.yaml:2"]);
    assert!(
        !dir.path().join("reports").exists(),
        "a run folder was made"
    );
}

#[test]
fn the_run_folder_must_be_writable() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let args = [
        "run",
        "--out",
        "file",
        "--only",
        "provider/execute/*",
        "--engine",
        "process",
    ];
    check(dir.path(), &args, 2, &["file", "--out"]);
}

#[test]
fn what_only_looks_works_without_an_engine() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    check(at, &["check"], 0, &["no problem found"]);
    check(at, &["list"], 0, &["provider/"]);
    check(at, &["explain"], 0, &["Q31"]);
    check(at, &["explain", "Q31"], 0, &["Q31"]);
    check(at, &["explain", "Q9999"], 2, &["has no entry"]);
    check(at, &["schema"], 0, &["\"$schema\""]);
    check(at, &["schema", "report"], 0, &["\"$schema\""]);
    check(at, &["completions", "bash"], 0, &["cutover"]);
    check(at, &["man"], 0, &[".TH"]);
    check(at, &["init"], 0, &["files written"]);
    check(at, &["init"], 2, &["already there"]);
    check(at, &["check"], 0, &["no problem found"]);
    check(at, &["reap"], 0, &["0 runs looked at"]);
}

#[test]
fn the_ledger_decides_what_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let case = "provider/execute/stream-order";
    let run = ["run", "--engine", "process", "--only", case];
    check(at, &["init"], 0, &["files written"]);
    check(at, &run, 0, &["drift unchanged", "Q31"]);
    let path = at.join("scenarios/quirks.yaml");
    let ledger = fs::read_to_string(&path).unwrap();
    let begins = ledger.find("  - id: Q31").unwrap();
    let ends = begins + 1 + ledger[begins + 1..].find("  - id:").unwrap();
    let without = format!("{}{}", &ledger[..begins], &ledger[ends..]);
    fs::write(&path, without).unwrap();
    let said = check(
        at,
        &run,
        1,
        &["new_divergence", "D-", "source |", "target |"],
    );
    let fingerprint = &said[said.find("D-").unwrap()..][..10];
    check(at, &["show", fingerprint], 0, &[fingerprint, "source |"]);
    check(at, &["show", "D-00000000"], 2, &["has no divergence"]);
    check(at, &["gate", "--rehearsal"], 1, &["NO_GO"]);
    check(at, &["gate"], 3, &["INCONCLUSIVE"]);
    fs::write(&path, ledger).unwrap();
    check(
        at,
        &["gate", "--rehearsal", "--quirks", "scenarios/quirks.yaml"],
        0,
        &["GO"],
    );
    fs::write(at.join("cutover-quirks.yaml"), NEVER_SEEN).unwrap();
    check(at, &run, 5, &["drift stale", "1 stale ledger entry"]);
}

const NEVER_SEEN: &str = "format: cutover.quirks/1
quirks:
  - id: L-001
    title: Never seen
    kind: divergence
    cause: provider
    effect: wording
    shapes:
      - case: provider/execute/stream-order
        step: interleaved
        field: $.exit_code
        from: { side: e2b, equals: 1 }
        to: { side: daytona, equals: 2 }
    reason: planted
    link: https://example.com
    owner: nobody
    expires: 2099-01-01
";

#[test]
fn a_folder_of_ones_own_has_a_ledger_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    scenario(
        dir.path(),
        "a/same.yaml",
        "why: x\nsteps:\n  - execute: 'echo same'\n",
    );
    let args = ["run", "--engine", "process"];
    check(
        dir.path(),
        &args,
        0,
        &["drift unchanged", "decision GO (scope rehearsal)"],
    );
}

#[test]
fn a_plan_says_what_a_run_takes_and_creates_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let settings = "format: cutover.settings/1\naccounts:\n  e2b: { at_once: 1, sandbox_hour: 36, currency: EUR }\n";
    fs::write(at.join("cutover.yaml"), settings).unwrap();
    let plan = [
        "run",
        "--plan",
        "--source",
        "e2b@live",
        "--engine",
        "process",
        "--only",
        "provider/execute/nonzero-exit",
    ];
    let output = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(plan)
        .current_dir(at)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("E2B_API_KEY", format!("e2b_{}", "0".repeat(40)))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    for part in [
        "source e2b@live/lap-337: 1 creates at least (replays auto), about 1 min, 1 at once",
        "EUR",
        "target daytona@standin/lap-337: 1 creates at least (replays auto), on this machine",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert!(!at.join("reports").exists());
    fs::write(
        at.join("cutover.yaml"),
        "format: cutover.settings/1\nacounts: {}\n",
    )
    .unwrap();
    check(
        at,
        &["run", "--plan"],
        2,
        &["cutover.yaml", "did you mean `accounts`?"],
    );
}
