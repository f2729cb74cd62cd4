//! SIGINT, SIGTERM and SIGHUP in the middle of a run.

use nix::sys::signal::Signal;

use crate::Case;
use crate::leftovers::Family;
use crate::place::{BUSY, Place, Running, await_that};

pub(crate) const CASES: &[Case] = &[
    ("signals::int_exits_130", || ends(Signal::SIGINT, 130, &[])),
    ("signals::term_exits_143", || {
        ends(Signal::SIGTERM, 143, &["--gate"]);
    }),
    ("signals::hup_exits_129", || {
        ends(Signal::SIGHUP, 129, &["--gate", "--rehearsal"]);
    }),
    (
        "signals::a_second_one_does_not_cut_the_cleanup_short",
        second,
    ),
];

/// Four cases that are busy; with three jobs, some of it is never begun.
pub(crate) fn busy_place() -> Place {
    Place::with(&[BUSY; 4])
}

/// Waits until this many sandboxes are made and their commands run, and stops the program there.
pub(crate) fn await_busy(place: &Place, running: &Running, sandboxes: usize) -> Family {
    await_that("a busy run", || {
        running.assert_runs();
        let (created, destroyed) = place.sandboxes();
        assert!(destroyed.is_empty(), "{destroyed:?}\n{}", running.said());
        // Each has two of them.
        created.len() >= sandboxes && Family::of(running.child.id()).count("sleep") >= 2 * sandboxes
    });
    running.freeze()
}

/// Whichever answer gives the exit code, an interruption outweighs it.
fn ends(signal: Signal, code: i32, asked: &[&str]) {
    let place = busy_place();
    let args = [&["run", "--jobs", "3"], asked].concat();
    let running = place.start(place.cutover(&args));
    let family = await_busy(&place, &running, 3);
    running.signal(signal);
    running.thaw();
    let ran = running.finish();
    assert_eq!(ran.code, Some(code), "{}", ran.text);
    family.assert_gone();
    place.assert_clean();
    assert!(place.assert_destroyed() >= 3);
    let report = place.report();
    assert_eq!(report["drift"]["verdict"], "interrupted", "{}", ran.text);
    assert_eq!(report["drift"]["exit_code"], code);
    let name = &signal.as_str()[3..];
    assert_eq!(report["run"]["interrupted"], name);
    assert_eq!(report["cases"].as_array().unwrap().len(), 4);
    assert!(ran.text.contains("interrupted"), "{}", ran.text);
    let reaped = place.run(&["reap"]);
    assert_eq!(reaped.code, Some(0), "{}", reaped.text);
    assert!(reaped.text.contains("0 with sandboxes"), "{}", reaped.text);
}

/// Each call takes a while, so that the second signal comes before the first sandbox is gone.
fn second() {
    let place = busy_place();
    let faults = [
        "--fault",
        "source=latency:700ms",
        "--fault",
        "target=latency:700ms",
    ];
    let running = place.start(place.cutover(&[&["run", "--jobs", "3"], &faults[..]].concat()));
    let family = await_busy(&place, &running, 3);
    running.thaw();
    running.signal(Signal::SIGINT);
    await_that("an interrupted step", || {
        let interrupted =
            |event: &serde_json::Value| event["event"]["step"]["result"]["not_reached"].is_string();
        place.events().iter().any(interrupted)
    });
    assert!(place.sandboxes().1.is_empty(), "the second came too late");
    running.signal(Signal::SIGINT);
    running.signal(Signal::SIGTERM);
    running.signal(Signal::SIGHUP);
    let ran = running.finish();
    assert_eq!(ran.code, Some(130), "{}", ran.text);
    family.assert_gone();
    place.assert_clean();
    assert!(place.assert_destroyed() >= 3);
    assert_eq!(place.report()["run"]["interrupted"], "INT");
}
