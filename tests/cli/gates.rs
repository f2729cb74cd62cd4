//! `--gate` of `run` and `merge` exits as `cutover gate` does on the same folder, and a GO says
//! what it rests on.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{check, decision, exit_of, newest_run, scenario};

const SAME: &str = "why: x\nsteps:\n  - execute: 'echo same'\n";
const TWO: &str = "why: x\nsteps:\n  - execute: 'echo two'\n";
/// `$0` tells the two ways of running a command apart, and no ledger says so here.
const DIFFERS: &str = "why: x\nsteps:\n  - execute: 'echo \"$0\"'\n";
const UNMET: &str = "why: x\nsteps:\n  - execute: 'exit 3'\n    expect: { exit_code: 0 }\n";
const ELSEWHERE: &str = "why: x\nrequires: [postgres]\nsteps:\n  - execute: 'true'\n";
const RANDOM: &str = "why: x\nsteps:\n  - execute: 'cat /proc/sys/kernel/random/uuid'\n";
const NOISE: &str =
    "why: x\nsteps:\n  - execute: 'head -c 90 /dev/urandom | base64 -w 0 | tr -dc g-z'\n";

/// An entry about `a/differs` that says what the sides give, until this day.
fn known(effect: &str, gate: &str, expires: &str) -> String {
    format!(
        "format: cutover.quirks/1\nquirks:\n  - id: L-001\n    title: The name differs\n    kind: divergence\n    cause: provider\n    effect: {effect}\n    gate: {gate}\n    shapes:\n      - case: provider/a/differs\n        step: 01-execute\n        field: $.output\n        from: {{ side: e2b, matches: '.*\\n' }}\n        to: {{ side: daytona, matches: '.*\\n' }}\n    reason: planted\n    link: https://example.com\n    owner: us\n    expires: {expires}\n"
    )
}

/// A state of a run: scenarios, ledger, profile, options; then the exits of `run`, of
/// `gate --rehearsal`, and a word of the decision.
struct State {
    name: &'static str,
    scenarios: &'static [(&'static str, &'static str)],
    ledger: Option<String>,
    profile: Option<&'static str>,
    options: &'static [&'static str],
    drift: i32,
    gate: i32,
}

impl State {
    const fn of(name: &'static str, scenarios: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            name,
            scenarios,
            ledger: None,
            profile: None,
            options: &[],
            drift: 0,
            gate: 0,
        }
    }

    const fn exits(mut self, drift: i32, gate: i32) -> Self {
        self.drift = drift;
        self.gate = gate;
        self
    }

    fn known(mut self, effect: &str, gate: &str, expires: &str) -> Self {
        self.ledger = Some(known(effect, gate, expires));
        self
    }

    const fn profile(mut self, terms: &'static str) -> Self {
        self.profile = Some(terms);
        self
    }

    const fn options(mut self, options: &'static [&'static str]) -> Self {
        self.options = options;
        self
    }

    fn write(&self, at: &Path) {
        for (name, text) in self.scenarios {
            scenario(at, name, text);
        }
        if let Some(ledger) = &self.ledger {
            fs::write(at.join("cutover-quirks.yaml"), ledger).unwrap();
        }
        if let Some(terms) = self.profile {
            let text = format!("format: cutover.profile/1\nwhy: x\n{terms}\n");
            fs::write(at.join("p.yaml"), text).unwrap();
        }
    }

    fn run<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut args = vec!["run", "--engine", "process"];
        args.extend(self.options);
        if self.profile.is_some() {
            args.extend(["--profile", "p.yaml"]);
        }
        args.extend(more);
        args
    }
}

fn states() -> Vec<State> {
    let same = &[("a/same.yaml", SAME)];
    let both = &[("a/same.yaml", SAME), ("a/two.yaml", TWO)];
    let differs = &[("a/differs.yaml", DIFFERS)];
    let later = "2099-01-01";
    vec![
        State::of("all the same", same).exits(0, 0),
        State::of("a new divergence", differs).exits(1, 1),
        State::of("a failed expectation", &[("a/unmet.yaml", UNMET)]).exits(1, 1),
        State::of("a part", both)
            .options(&["--only", "a/two"])
            .exits(0, 0),
        State::of("nothing judged", &[("a/later.yaml", ELSEWHERE)]).exits(4, 4),
        State::of("a dead provider", same)
            .options(&["--fault", "target=503"])
            .exits(3, 3),
        State::of("a cap", both)
            .options(&["--sandboxes-total", "2", "--jobs", "1"])
            .exits(3, 3),
        State::of("allowed", differs)
            .known("change", "allow", later)
            .exits(0, 0),
        State::of("blocked", differs)
            .known("change", "block", later)
            .exits(0, 1),
        State::of("expired", differs)
            .known("change", "allow", "2026-01-01")
            .exits(5, 1),
        State::of("stale", &[("a/differs.yaml", SAME)])
            .known("wording", "allow", later)
            .exits(5, 3),
        State::of("new in every replay", &[("a/random.yaml", RANDOM)])
            .options(&["--replays", "3"])
            .exits(0, 0),
        State::of("noise", &[("a/noise.yaml", NOISE)])
            .options(&["--replays", "3"])
            .exits(6, 3),
        State::of("required and there", both)
            .profile("required: [provider/a/*, '!provider/a/same']")
            .options(&["--only", "a/two"])
            .exits(0, 0),
        State::of("required and left out", both)
            .profile("required: [provider/a/*]")
            .options(&["--only", "a/two"])
            .exits(0, 3),
        State::of(
            "required and impossible",
            &[("a/later.yaml", ELSEWHERE), ("a/same.yaml", SAME)],
        )
        .profile("required: [provider/a/*]")
        .exits(3, 3),
        State::of("runs that agree", same)
            .profile("runs: 2")
            .exits(0, 3),
        State::of("another lane", same)
            .profile("lanes: { target: live }")
            .exits(0, 3),
    ]
}

/// Runs spend most of their time waiting for the start of the other side.
const AT_ONCE: usize = 4;

#[test]
fn run_with_gate_exits_as_gate_does_on_its_folder() {
    std::thread::scope(|scope| {
        for first in 0..AT_ONCE {
            scope.spawn(move || {
                let states = states().into_iter().skip(first).step_by(AT_ONCE);
                for state in states {
                    run_and_gate_agree(&state);
                }
            });
        }
    });
}

fn run_and_gate_agree(state: &State) {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    state.write(at);
    for (option, wanted) in [(&[][..], None), (&["--rehearsal"][..], Some(state.gate))] {
        let gate = [&["gate"][..], option].concat();
        let asked = [&["--gate"][..], option].concat();
        let (run, said) = exit_of(at, &state.run(&asked));
        let (then, after) = exit_of(at, &gate);
        assert_eq!(run, then, "{} {option:?}\n{said}\n{after}", state.name);
        match wanted {
            Some(wanted) => assert_eq!(run, wanted, "{}\n{said}", state.name),
            // A rehearsal decides nothing, but where nothing was judged.
            None => assert_eq!(run, if state.gate == 4 { 4 } else { 3 }, "{}", state.name),
        }
    }
    let text = fs::read_to_string(at.join("reports/latest/report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["drift"]["exit_code"], state.drift, "{}", state.name);
}

#[test]
fn merge_with_gate_exits_as_gate_does_on_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    for number in 1..=4 {
        let text = format!("why: x\nsteps:\n  - execute: 'echo {number}'\n");
        scenario(at, &format!("a/c{number}.yaml"), &text);
    }
    let shard = |part: &str| {
        let args = ["run", "--engine", "process", "--shard", part];
        check(at, &args, 0, &["decision GO_WITH_LIMITS"]);
        let limit = decision(at)["limits"][0].as_str().unwrap().to_owned();
        assert!(limit.contains(" of 4 cases"), "{limit}");
        assert!(limit.contains(&format!("--shard {part}")), "{limit}");
        newest_run(at).to_str().unwrap().to_owned()
    };
    let (first, second) = (shard("1/2"), shard("2/2"));
    check(
        at,
        &["merge", &first, &second, "--rehearsal"],
        2,
        &["--gate"],
    );
    for (options, wanted) in [(&["--gate"][..], 3), (&["--gate", "--rehearsal"][..], 0)] {
        let merge = [&["merge", first.as_str(), second.as_str()][..], options].concat();
        // All shards together are no selection any more.
        check(at, &merge, wanted, &["decision GO (scope rehearsal)"]);
        let gate = [&["gate"][..], &options[1..]].concat();
        check(at, &gate, wanted, &["GO (scope: rehearsal)"]);
    }
}

#[test]
fn a_go_from_a_part_says_of_how_many() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    for (name, tags) in [("a/one", "[core]"), ("a/two", "[]"), ("b/three", "[]")] {
        let text = format!("why: x\ntags: {tags}\nsteps:\n  - execute: 'echo {name}'\n");
        scenario(at, &format!("{name}.yaml"), &text);
    }
    let run = |options: &[&str], wanted: &str| {
        let args = [&["run", "--engine", "process"][..], options].concat();
        check(at, &args, 0, &[&format!("decision {wanted} (scope")]);
        decision(at)
    };
    for (options, limit) in [
        (
            &["--only", "a/one"][..],
            "1 of 3 cases; selected by --only a/one",
        ),
        (&["--skip", "b"], "2 of 3 cases; selected by --skip b"),
        (&["--tag", "core"], "1 of 3 cases; selected by --tag core"),
        (&["scenarios/a"], "2 of 3 cases; selected by scenarios/a"),
        (
            &["scenarios/a/one.yaml"],
            "1 of 3 cases; selected by scenarios/a/one.yaml",
        ),
    ] {
        let decision = run(options, "GO_WITH_LIMITS");
        assert_eq!(decision["limits"][0], limit, "{options:?}");
        assert_eq!(decision["limit_details"][0]["kind"], "selection");
    }
    for options in [&[][..], &["--only", "provider/**"], &["scenarios"]] {
        let decision = run(options, "GO");
        assert_eq!(decision["limits"], serde_json::json!([]), "{options:?}");
        assert_eq!(
            decision["reasons"],
            serde_json::json!(["3 of 3 cases judged; nothing blocks, nothing is open; 0 limits"])
        );
    }
    scenario(
        at,
        "b/three.yaml",
        &DIFFERS.replace("why: x", "why: changed"),
    );
    check(at, &["run", "--engine", "process"], 1, &["decision NO_GO"]);
    scenario(at, "b/three.yaml", SAME);
    let newest = newest_run(at);
    let again = ["--rerun", newest.to_str().unwrap()];
    let decision = run(&again, "GO_WITH_LIMITS");
    let limit = decision["limits"][0].as_str().unwrap();
    assert!(
        limit.starts_with("1 of 3 cases; selected by --rerun 2"),
        "{limit}"
    );
}

#[test]
fn the_blockers_stand_first_and_are_the_reasons() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    scenario(at, "a/differs.yaml", DIFFERS);
    scenario(at, "a/same.yaml", SAME);
    fs::write(
        at.join("p.yaml"),
        "format: cutover.profile/1\nwhy: x\nreplays_min: 9\n",
    )
    .unwrap();
    let args = ["run", "--engine", "process", "--profile", "p.yaml"];
    let said = check(at, &args, 1, &["decision NO_GO"]);
    let place = |text: &str| said.find(text).unwrap_or_else(|| panic!("{text}\n{said}"));
    assert!(place("\nblockers") < place("-->"), "before the evidence");
    assert!(place("in provider/a/differs") < place("-->"), "by name");
    let decision = decision(at);
    assert_eq!(decision["reasons"], decision["blockers"]);
    assert_eq!(decision["blockers"].as_array().unwrap().len(), 1);
    let open = decision["open"][0].as_str().unwrap();
    assert!(open.contains("wants 9 replays"), "{open}");
    let said = check(
        at,
        &["gate", "--rehearsal"],
        1,
        &["also open: the profile wants"],
    );
    let second_line = said.lines().nth(1).unwrap_or_default();
    assert!(
        second_line.starts_with("  blocks: new divergence D-"),
        "{said}"
    );
    for file in ["summary.md", "report.html"] {
        let text = fs::read_to_string(at.join("reports/latest").join(file)).unwrap();
        let place = |word: &str| text.find(word).unwrap_or(usize::MAX);
        assert!(place("Blockers") < place("Why this drift"), "{file}");
        assert!(place("Also open") < usize::MAX, "{file}");
    }
}

#[test]
fn since_does_not_call_gone_what_was_not_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    scenario(at, "a/differs.yaml", DIFFERS);
    scenario(at, "a/same.yaml", SAME);
    check(at, &["run", "--engine", "process"], 1, &["decision NO_GO"]);
    let first = newest_run(at);
    let since = [
        "run",
        "--engine",
        "process",
        "--since",
        first.to_str().unwrap(),
    ];
    let part = [&since[..], &["--only", "a/same"]].concat();
    check(at, &part, 0, &["0 new, 0 gone"]);
    let dead = [&since[..], &["--fault", "target=503"]].concat();
    check(at, &dead, 3, &["0 new, 0 gone"]);
    check(at, &since, 1, &["0 new, 0 gone"]);
    // The same step, asked again, gives the same on both sides now.
    scenario(at, "a/differs.yaml", &DIFFERS.replace("\"$0\"", "same"));
    check(at, &since, 0, &["0 new, 1 gone"]);
}
