//! SIGKILL: nothing of the run can clean up, and nothing is left nevertheless.

use nix::sys::signal::Signal;

use crate::Case;
use crate::place::{Place, Running, await_that};
use crate::signals::{await_busy, busy_place};

pub(crate) const CASES: &[Case] = &[
    ("kills::while_commands_run", || {
        killed(|place, running| {
            await_busy(place, running, 3);
        });
    }),
    ("kills::at_the_first_intent", || killed(at("create_intent"))),
    ("kills::at_the_first_creation", || killed(at("created"))),
    ("kills::at_the_first_exchange", || killed(at("exchange"))),
];

fn at(event: &'static str) -> impl Fn(&Place, &Running) {
    move |place, running| {
        await_that(event, || {
            running.assert_runs();
            let events = place.events();
            events.iter().any(|told| told["event"][event].is_object())
        });
    }
}

fn killed(moment: impl Fn(&Place, &Running)) {
    let place = busy_place();
    let running = place.start(place.cutover(&["run"]));
    moment(&place, &running);
    let family = running.freeze();

    let before = place.events().len();
    let early = place.run(&["reap"]);
    assert_eq!(early.code, Some(0), "{}", early.text);
    assert!(early.text.contains("still running"), "{}", early.text);
    assert_eq!(
        before,
        place.events().len(),
        "reap touched a run that goes on"
    );
    family.assert_whole();

    running.signal(Signal::SIGKILL);
    assert_eq!(running.finish().code, None);
    family.assert_gone();
    place.assert_clean();
    accounted(&place);
}

/// Every sandbox that was made, or may have been, has a line of its own.
fn accounted(place: &Place) {
    let ran = place.run(&["reap"]);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    let (created, destroyed) = place.sandboxes();
    for sandbox in created.iter().filter(|id| !destroyed.contains(id)) {
        assert!(ran.text.contains(sandbox), "{sandbox}\n{}", ran.text);
    }
    let intents = place
        .events()
        .iter()
        .filter(|event| event["event"]["create_intent"].is_object())
        .count();
    let told = ran.text.lines().filter(|line| line.contains("@standin"));
    assert_eq!(told.count() + destroyed.len(), intents, "{}", ran.text);
    assert!(
        ran.text.contains("0 sandboxes not reachable"),
        "{}",
        ran.text
    );
    let again = place.run(&["report"]);
    assert_eq!(
        place.report()["drift"]["verdict"],
        "interrupted",
        "{}",
        again.text
    );
}
