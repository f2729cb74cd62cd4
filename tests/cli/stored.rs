//! Runs that go on, go again and are made one: `--resume`, `--rerun`, `merge`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{check, newest_run, scenario};

/// The newest run's report.
fn report(at: &Path) -> Value {
    let text = fs::read_to_string(at.join("reports/latest/report.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Four cases that agree.
fn four_that_agree(at: &Path) {
    for name in ["one", "two", "three", "four"] {
        let text = format!("why: x\nsteps:\n  - execute: 'echo {name}'\n");
        scenario(at, &format!("a/{name}.yaml"), &text);
    }
}

#[test]
fn a_stopped_run_is_resumed_in_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    four_that_agree(at);
    let capped = [
        "run",
        "--engine",
        "process",
        "--jobs",
        "1",
        "--sandboxes-total",
        "4",
    ];
    check(at, &capped, 3, &["drift unjudged"]);
    let before = report(at);
    let skipped = before["totals"]["by_verdict"]["skipped"].as_u64().unwrap();
    assert!((1..4).contains(&skipped), "{before}");
    let resume = ["run", "--resume", "reports/latest"];
    check(at, &resume, 0, &["drift unchanged"]);
    let after = report(at);
    assert_eq!(after["run"]["id"], before["run"]["id"]);
    assert_eq!(after["totals"]["by_verdict"]["identical"], 4);
    assert_eq!(after["resources"]["created"], 8);
    assert_eq!(after["resources"]["destroyed"], 8);
    check(at, &resume, 4, &["nothing to resume"]);
    check(
        at,
        &["run", "--resume", "reports/latest", "--seed", "1"],
        2,
        &["cannot be used with"],
    );
    check(at, &["run", "--resume", "nowhere"], 2, &["nowhere"]);
}

#[test]
fn what_was_not_in_order_is_run_again() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    four_that_agree(at);
    // `$0` tells the two ways of running a command apart, and no ledger says so here.
    let differs = "why: x\nsteps:\n  - execute: 'echo \"$0\"'\n";
    scenario(at, "a/differs.yaml", differs);
    let run = ["run", "--engine", "process"];
    check(at, &run, 1, &["new_divergence"]);
    let first = newest_run(at);
    let again = ["run", "--engine", "process", "--rerun", "reports/latest"];
    check(at, &again, 1, &["new_divergence"]);
    assert_eq!(report(at)["totals"]["cases"], 1);
    assert_eq!(report(at)["cases"][0]["id"], "provider/a/differs");
    scenario(
        at,
        "a/differs.yaml",
        "why: x\nsteps:\n  - execute: 'true'\n",
    );
    check(at, &again, 0, &["drift unchanged"]);
    check(at, &again, 4, &["nothing to run again"]);
    fs::remove_file(at.join("scenarios/a/differs.yaml")).unwrap();
    let lost = [
        "run",
        "--engine",
        "process",
        "--rerun",
        first.to_str().unwrap(),
    ];
    check(
        at,
        &lost,
        2,
        &["not selected here any more: provider/a/differs"],
    );
}

#[test]
fn shards_are_merged_only_when_all_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    check(at, &["init"], 0, &["files written"]);
    let shard = |part: &str| {
        let only = [
            "--only",
            "provider/execute/{stream-order,nonzero-exit,stdin*}",
        ];
        let base = ["run", "--engine", "process", "--shard", part];
        check(
            at,
            &[&base[..], &only[..]].concat(),
            0,
            &["drift unchanged"],
        );
        newest_run(at)
    };
    let (first, second) = (shard("1/2"), shard("2/2"));
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    check(at, &["merge", first], 2, &["two runs or more"]);
    check(
        at,
        &["merge", first, first],
        2,
        &["is in", "shard 2/2 is missing"],
    );
    let said = check(at, &["merge", first, second], 0, &["drift unchanged"]);
    let merged = report(at);
    let cases = |path: &str| {
        let text = fs::read_to_string(Path::new(path).join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        report["totals"]["cases"].as_u64().unwrap()
    };
    assert_eq!(
        merged["totals"]["cases"].as_u64().unwrap(),
        cases(first) + cases(second),
        "{said}"
    );
    // The parts' ledger entries whose cases were not selected are not stale, and the others are
    // judged by the whole.
    assert_eq!(merged["quirks"]["stale"], serde_json::json!([]));
    assert_eq!(merged["run"]["args"][0], "merge");
}

#[test]
fn what_a_side_never_has_is_judged_when_the_shards_are_merged() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    check(at, &["init"], 0, &["files written"]);
    let ledger = at.join("scenarios/quirks.yaml");
    let shipped = fs::read_to_string(&ledger).unwrap();
    let shards = || {
        let shard = |part: &str| {
            let only = ["--only", "provider/execute/{stream-order,nonzero-exit}"];
            let base = ["run", "--engine", "process", "--shard", part];
            check(
                at,
                &[&base[..], &only[..]].concat(),
                0,
                &["drift unchanged"],
            );
            assert_eq!(
                kinds(&report(at)),
                Vec::<String>::new(),
                "a shard only lists"
            );
            newest_run(at)
        };
        [shard("1/2"), shard("2/2")]
    };
    let merge = |parts: &[PathBuf; 2], exit: i32, said: &str| {
        let [first, second] = parts.each_ref().map(|part| part.to_str().unwrap());
        check(at, &["merge", first, second], exit, &[said]);
        report(at)
    };
    let whole = merge(&shards(), 0, "drift unchanged");
    assert_eq!(kinds(&whole), ["standing"]);
    let stderr = |report: &Value| {
        let all = report["standing"].as_array().unwrap().clone();
        all.into_iter()
            .find(|one| one["field"] == "$.stderr")
            .unwrap()
    };
    assert_eq!(stderr(&whole)["quirk"], "Q240");
    // Without its entry it is one divergence of the whole run, and of no shard.
    let (before, rest) = shipped.split_once("  - id: Q240").unwrap();
    let (_, after) = rest.split_once("\n  - id: ").unwrap();
    fs::write(&ledger, format!("{before}  - id: {after}")).unwrap();
    let whole = merge(&shards(), 1, "of the run: 2 of 5 `execute` steps");
    let fingerprint = stderr(&whole)["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(
        whole["divergences"].as_array().unwrap().last().unwrap()["fingerprint"],
        *fingerprint
    );
    check(at, &["show", &fingerprint], 0, &["$.stderr (standing)"]);
}

/// The kinds of limits that are about a whole run.
fn kinds(report: &Value) -> Vec<String> {
    let limits = report["decision"]["limit_details"].as_array().unwrap();
    let kinds = limits.iter().map(|limit| limit["kind"].as_str().unwrap());
    let kinds = kinds.filter(|kind| *kind == "standing");
    kinds.map(str::to_owned).collect()
}

#[test]
fn a_profile_freezes_what_go_means() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    four_that_agree(at);
    scenario(
        at,
        "a/later.yaml",
        "why: x\nrequires: [postgres]\nsteps:\n  - execute: 'true'\n",
    );
    let profile = |terms: &str| {
        let text = format!("format: cutover.profile/1\nwhy: a rehearsal\n{terms}");
        fs::write(at.join("profile.yaml"), text).unwrap();
    };
    let run = [
        "run",
        "--engine",
        "process",
        "--gate",
        "--rehearsal",
        "--profile",
        "profile.yaml",
    ];
    profile("required: [provider/a/o*]\nlatency: [{side: target, verb: execute, p95_ms: 60000}]\n");
    check(at, &run, 0, &["decision GO"]);
    let judged = newest_run(at);
    // Without the profile the case that the machine cannot do is excused.
    profile("required: [provider/a/*]\n");
    check(at, &run, 3, &["required and unsupported: provider/a/later"]);
    let unsupported = newest_run(at);
    profile("replays_min: 2\nlanes: {target: live}\nruns: 2\n");
    let said = check(at, &run, 3, &["2 runs that agree; 1 given"]);
    for part in ["the target on lane live, not standin", "wants 2 replays"] {
        assert!(said.contains(part), "{said}");
    }
    profile("required: [provider/b/*]\n");
    check(at, &run, 2, &["no scenario gives: provider/b/*"]);
    profile("require: []\n");
    check(at, &run, 2, &["profile.yaml", "unknown key `require`"]);
    let (a, b) = (judged.to_str().unwrap(), unsupported.to_str().unwrap());
    profile("required: [provider/a/t*]\nruns: 2\n");
    let gate = ["gate", "--rehearsal", "--profile", "profile.yaml"];
    check(at, &[&gate[..], &[a][..]].concat(), 3, &["1 given"]);
    check(at, &[&gate[..], &[b][..]].concat(), 3, &["1 given"]);
    profile("required: [provider/a/t*]\nage_max_hours: 1\n");
    check(at, &[&gate[..], &[a][..]].concat(), 0, &["GO"]);
}

#[test]
fn a_recorded_scenario_that_cannot_be_read_stops_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    four_that_agree(at);
    check(at, &["run", "--engine", "process"], 0, &["drift unchanged"]);
    let first = newest_run(at);
    let journal = first.join("events.ndjson");
    let as_written = fs::read_to_string(&journal).unwrap();
    let steps = r"steps:\n  - execute: 'echo two'";
    assert!(as_written.contains(steps));
    let of_later = as_written.replacen(steps, &format!(r"later: 1\n{steps}"), 1);
    fs::write(&journal, of_later).unwrap();
    let side = |provider: &str| format!("{provider}@recording={}", first.display());
    let (source, target) = (side("e2b"), side("daytona"));
    let both = ["run", "--source", &source, "--target", &target];
    let why = "this version cannot read the scenario";
    check(at, &both, 3, &["3 identical", "1 not_recorded", why]);
}

#[test]
fn an_earlier_run_stands_for_a_side() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    four_that_agree(at);
    let big = "why: x\nsteps:\n  - execute: 'head -c 200000 /dev/zero | tr \"\\0\" a'\n  - id: second\n    execute: 'echo two'\n";
    scenario(at, "a/big.yaml", big);
    check(at, &["run", "--engine", "process"], 0, &["drift unchanged"]);
    let first = newest_run(at);
    let first = first.to_str().unwrap();
    let side = |provider: &str| format!("{provider}@recording={first}");
    let (source, target) = (side("e2b"), side("daytona"));
    let both = ["run", "--source", &source, "--target", &target];
    check(at, &both, 0, &["scope rehearsal", "5 identical"]);
    let report = report(at);
    // It took as long as it took then, not as long as it was ago.
    let then = fs::read_to_string(Path::new(first).join("report.json")).unwrap();
    let then: Value = serde_json::from_str(&then).unwrap();
    let durations = |report: &Value| -> Vec<Value> {
        let cases = report["cases"].as_array().unwrap();
        cases
            .iter()
            .map(|case| case["duration_ms"].clone())
            .collect()
    };
    assert_eq!(durations(&report), durations(&then));
    assert_eq!(report["timing"], then["timing"]);
    assert_eq!(report["resources"]["created"], 0);
    assert_eq!(
        report["subjects"]["source"]["lane"],
        format!("recording={first}")
    );
    // The recording is whole: the new run renders without the old one.
    fs::rename(first, at.join("moved")).unwrap();
    check(at, &["report"], 0, &["5 identical"]);
    fs::rename(at.join("moved"), first).unwrap();
    // A step that asks something else, and what follows it, are not compared.
    scenario(at, "a/big.yaml", &big.replace("echo two", "echo three"));
    let mixed = ["run", "--source", &source, "--engine", "process"];
    let said = check(
        at,
        &mixed,
        3,
        &["not_recorded", "asks something else since"],
    );
    assert!(said.contains("4 identical"), "{said}");
    // What is only expected may change.
    scenario(
        at,
        "a/big.yaml",
        &format!("{big}    expect: {{ exit_code: 1 }}\n"),
    );
    check(at, &mixed, 1, &["wanted equals 1, found 0"]);
    let wrong = side("daytona").replace(first, &format!("{first}#source"));
    check(
        at,
        &["run", "--target", &wrong],
        2,
        &["daytona as source was asked for"],
    );
    check(
        at,
        &["run", "--source", "e2b@recording=nowhere"],
        2,
        &["--source", "nowhere"],
    );
    check(
        at,
        &["run", "--source", &source, "--fault", "source=503"],
        2,
        &["is no stand-in"],
    );
}

#[test]
fn what_a_switched_platform_makes_is_written_down_with_its_own_provider() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let text =
        "why: x\nsurfaces: [platform]\nsteps: [{provision: old}, {switch: {}}, {provision: new}]\n";
    scenario(at, "a/switched.yaml", text);
    let run = [
        "run",
        "--engine",
        "process",
        "--surface",
        "platform",
        "--replays",
        "1",
    ];
    check(at, &run, 0, &[]);
    let journal = fs::read_to_string(at.join("reports/latest/events.ndjson")).unwrap();
    let lines = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let made: Vec<(String, String)> = lines
        .filter(|line| line["event"]["create_intent"].is_object())
        .map(|line| {
            let word = |of: &Value| of.as_str().unwrap().to_owned();
            let provider = &line["event"]["create_intent"]["provider"];
            (word(&line["side"]), word(provider))
        })
        .collect();
    let of = |side: &str| -> Vec<&str> {
        let own = made.iter().filter(|(at, _)| at == side);
        own.map(|(_, provider)| provider.as_str()).collect()
    };
    assert_eq!(of("source"), ["e2b", "daytona"]);
    assert_eq!(of("target"), ["daytona", "e2b"]);
}
