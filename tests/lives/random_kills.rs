//! SIGKILL at random moments, from the first line of the journal to the last report: what is left
//! is accounted for, and the resumed run comes to what the run would have come to.
//!
//! Ten kills; `CUTOVER_KILLS=100` makes more, and `CUTOVER_KILLS_SEED=N` repeats those of a seed
//! that was printed.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};

use crate::Case;
use crate::place::{Place, await_that};

pub(crate) const CASES: &[Case] = &[("random_kills::resumed_to_the_same_answer", random_kills)];

/// Kills of one run before it may come to its end.
const KILLS_OF_ONE_RUN: u64 = 2;

/// Cases of every kind: they agree, differ as the ledger says, and fail on one side.
fn corpus() -> Place {
    let plain = |n: usize| {
        format!("why: it agrees\nsurfaces: [provider]\nsteps:\n  - execute: 'echo {n}; ls -a ~'\n")
    };
    let texts: Vec<String> = (0..4).map(plain).collect();
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    texts.push("why: it differs\nquirks: [L-001]\nsurfaces: [provider]\nsteps:\n  - { id: zero, execute: 'echo $0' }\n");
    texts.push("why: a failure\nsurfaces: [provider]\nsteps:\n  - read_file: /nope\n  - execute: 'exit 3'\n");
    let place = Place::with(&texts);
    place.write(
        "scenarios/quirks.yaml",
        "format: cutover.quirks/1\nquirks:\n  - id: L-001\n    title: another shell\n    \
         kind: divergence\n    cause: provider\n    effect: change\n    gate: allow\n    shapes:\n      \
         - { case: provider/x/case5, step: zero, field: $.output,\n          \
         from: { side: e2b, matches: '.*\\n' }, to: { side: daytona, any: true } }\n    \
         reason: they start shells of their own\n    link: https://example.org/\n    owner: me\n    \
         expires: 2099-01-01\n",
    );
    place
}

/// What a run comes to; not how long it took, nor how many sandboxes it had made before.
fn answer(place: &Place) -> Value {
    let report = place.report();
    let told = |case: &Value| json!([case["id"], case["verdict"], case["reason"], case["ending"]]);
    let cases: Vec<Value> = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(told)
        .collect();
    let found = report["divergences"].as_array().unwrap();
    let found: Vec<&Value> = found.iter().map(|found| &found["fingerprint"]).collect();
    json!({
        "cases": cases, "divergences": found, "quirks": report["quirks"],
        "drift": report["drift"], "decision": report["decision"],
    })
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not `{text}`")),
    )
}

fn random_kills() {
    let kills = number("CUTOVER_KILLS").unwrap_or(10);
    let seed = number("CUTOVER_KILLS_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("CUTOVER_KILLS={kills} CUTOVER_KILLS_SEED={seed}");
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let whole = corpus();
    let started = Instant::now();
    let ran = whole.run(&["run", "--jobs", "4"]);
    let took = started.elapsed();
    let code = ran.code;
    let wanted = answer(&whole);
    let mut done = 0;
    let mut tally = Tally::default();
    while done < kills {
        let place = corpus();
        let mut args = vec!["run", "--jobs", "4"];
        for _ in 0..KILLS_OF_ONE_RUN.min(kills - done) {
            // Planning is short: a fourth of the kills fall in the first twentieth of the time.
            let whole = if chance.next_u32().is_multiple_of(4) {
                0.05
            } else {
                1.05
            };
            let moment = took.mul_f64(whole * f64::from(chance.next_u32()) / f64::from(u32::MAX));
            let was_killed = killed_at(&place, &args, moment);
            done += 1;
            let planned = is_planned(&place);
            tally.add(was_killed, planned, &place);
            if planned {
                args = vec!["run", "--resume", "reports/latest"];
            } else {
                break;
            }
        }
        come_to_the_end(&place, &args, code, &wanted);
    }
    println!("{tally:?}");
}

/// How the kills fell.
#[derive(Debug, Default)]
struct Tally {
    before_the_plan: u32,
    while_it_ran: u32,
    at_its_end: u32,
}

impl Tally {
    fn add(&mut self, was_killed: bool, planned: bool, place: &Place) {
        let ended = place
            .events()
            .last()
            .is_some_and(|e| e["event"]["run_ended"].is_object());
        match (was_killed && !ended, planned) {
            (false, _) => self.at_its_end += 1,
            (true, false) => self.before_the_plan += 1,
            (true, true) => self.while_it_ran += 1,
        }
    }
}

/// Starts and kills at a moment; whether it had not ended before.
fn killed_at(place: &Place, args: &[&str], moment: Duration) -> bool {
    let mut running = place.start(place.cutover(args));
    let begun = Instant::now();
    await_that("the moment", || {
        begun.elapsed() >= moment || running.ended()
    });
    if running.ended() {
        return false;
    }
    let family = running.freeze();
    running.signal(Signal::SIGKILL);
    running.finish();
    family.assert_gone();
    place.assert_clean();
    let reaped = place.run(&["reap"]);
    assert_eq!(reaped.code, Some(0), "{}", reaped.text);
    assert!(
        reaped.text.contains("0 sandboxes not reachable"),
        "{}",
        reaped.text
    );
    true
}

fn is_planned(place: &Place) -> bool {
    let is_plan = |event: &Value| event["event"]["run_planned"].is_object();
    place.events().iter().any(is_plan)
}

fn come_to_the_end(place: &Place, args: &[&str], code: Option<i32>, wanted: &Value) {
    let is_resumed = args.contains(&"--resume");
    if !is_resumed && place.run_folder().is_some() {
        let refused = place.run(&["run", "--resume", "reports/latest"]);
        assert_eq!(refused.code, Some(2), "{}", refused.text);
        let known = ["run it anew", "No such file"];
        assert!(
            known.iter().any(|part| refused.text.contains(part)),
            "{}",
            refused.text
        );
        std::fs::remove_dir_all(place.path().join("reports")).unwrap();
    }
    let ran = place.run(args);
    // Killed while it wrote its reports, it has nothing left to run.
    if is_resumed && ran.code == Some(4) {
        assert!(ran.text.contains("nothing to resume"), "{}", ran.text);
        assert_eq!(place.run(&["report"]).code, Some(0));
    } else {
        assert_eq!(ran.code, code, "{}", ran.text);
    }
    assert_eq!(answer(place), *wanted, "{}", ran.text);
    place.assert_clean();
}
