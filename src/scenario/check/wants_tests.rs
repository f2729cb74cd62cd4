//! What a step asks for that not every provider or lane has, and how long it is waited for.

use std::time::Duration;

use crate::call::SideSpec;
use crate::scenario::check::tests::{bad, parse};

fn scenario(steps: &str) -> String {
    format!("why: x\nsteps:\n{steps}\n")
}

/// What a run between E2B and Daytona lacks, and what the check notes, by line and column.
fn wants(steps: &str) -> Vec<String> {
    let read = parse(&scenario(steps)).unwrap_or_else(|problems| panic!("{problems:?}"));
    let sides = ["e2b", "daytona@live"].map(|spec| spec.parse::<SideSpec>().unwrap());
    let told = read.wants.iter().map(|want| {
        let lacks: Vec<String> = sides.iter().filter_map(|side| want.lacks(side)).collect();
        let at = (want.at.line, want.at.column);
        format!("{}:{} {} / {}", at.0, at.1, want.note(), lacks.join("; "))
    });
    told.collect()
}

#[test]
fn what_one_provider_has_is_noted_and_the_other_lacks_it() {
    let e2b = "exists on E2B only; with another provider the case is unsupported";
    for (step, at, what, who) in [
        (
            "execute: {cmd: wc, stdin: abc}",
            "3:24",
            "`stdin` of `execute`",
            "Daytona",
        ),
        (
            "execute: {cmd: id, user: root}",
            "3:24",
            "`user` of `execute`",
            "Daytona",
        ),
        (
            "start_background: {as: p, cmd: x, timeout: 10m}",
            "3:39",
            "`timeout` of `start_background`",
            "Daytona",
        ),
        (
            "provision: {at_expiry: pause}",
            "3:28",
            "`pause` of `provision`",
            "Daytona",
        ),
        (
            "at_provider: pause",
            "3:18",
            "`pause` of `at_provider`",
            "Daytona",
        ),
    ] {
        let provision = if step.starts_with("provision") {
            ""
        } else {
            "\n  - wait: 0"
        };
        let id = step.split_once(':').unwrap().0;
        let lacks = format!("{what} (step `01-{id}`), which {who} does not have");
        assert_eq!(
            wants(&format!("  - {step}{provision}")),
            [format!("{at} {what} {e2b} / {lacks}")]
        );
    }
    let signal =
        "  - start_background: {as: p, cmd: x}\n  - send_signal: {process: p, signal: TERM}";
    assert!(wants(signal)[0].starts_with("4:5 the verb `send_signal` exists on E2B only"));
    let stop = &wants("  - at_provider: stop")[0];
    assert!(stop.starts_with("3:18 `stop` of `at_provider` exists on Daytona only"));
    assert!(stop.ends_with("(step `01-at_provider`), which E2B does not have"));
}

#[test]
fn what_takes_a_stand_in_is_lacked_by_a_live_side() {
    for event in ["kill", "expire"] {
        let told = wants(&format!("  - at_provider: {event}"));
        let lacks = format!(
            "`{event}` of `at_provider` (step `01-at_provider`), which the live daytona does not have"
        );
        assert_eq!(told.len(), 1);
        assert!(told[0].ends_with(&lacks), "{told:?}");
        assert!(told[0].contains("takes stand-ins"), "{told:?}");
    }
}

#[test]
fn what_everybody_has_or_does_anyway_is_not_noted() {
    for step in [
        "execute: {cmd: x, cwd: /tmp, env: {A: b}, timeout: 0}",
        "start_background: {as: p, cmd: x, timeout: 0, env: {}}",
        "provision: {at_expiry: kill}",
        "at_provider: delete",
        "parallel: [{execute: ls}]",
    ] {
        assert_eq!(wants(&format!("  - {step}")), [""; 0], "{step}");
    }
    let open = "  - start_background: {as: p, cmd: x}\n  - send_stdin: {process: p, data: x, close: false}";
    assert_eq!(wants(open), [""; 0]);
}

#[test]
fn a_signal_that_no_provider_sends_is_a_mistake_that_names_those_that_one_sends() {
    for (signal, told) in [
        ("SIGHUP", "`HUP` (known: TERM, KILL)"),
        ("int", "`INT` (known: TERM, KILL)"),
        ("KIL", "`KIL` (did you mean `KILL`?)"),
    ] {
        let step = format!(
            "  - start_background: {{as: p, cmd: x}}\n  - send_signal: {{process: p, signal: {signal}}}"
        );
        assert_eq!(
            bad(&scenario(&step)),
            [format!("4:39 no provider sends the signal {told}")]
        );
    }
}

#[test]
fn a_want_names_its_step_within_a_parallel() {
    let told = wants("  - id: both\n    parallel: [{id: in, execute: {cmd: wc, stdin: x}}]");
    assert!(told[0].contains("(step `both/in`)"), "{told:?}");
}

#[test]
fn a_guard_is_a_duration_at_a_step_that_can_be_given_up() {
    let read = parse(&scenario(
        "  - {execute: ls, guard: 90s}\n  - {wait: 5, guard: 1}",
    ));
    let guards: Vec<_> = read.unwrap().steps.iter().map(|step| step.guard).collect();
    let seconds = |count| Some(Duration::from_secs(count));
    assert_eq!(guards, [None, seconds(90), seconds(1)]);
    for (step, problem) in [
        (
            "{execute: ls, guard: 0}",
            "3:26 `guard` must be from 100ms to 90000s",
        ),
        (
            "{execute: ls, guard: soon}",
            "3:26 `guard` is not a duration",
        ),
        (
            "{provision: a, guard: 5s}",
            "3:20 `provision` has a limit of its own: a sandbox that was asked for is always awaited",
        ),
        (
            "{parallel: [{execute: ls}], guard: 5s}",
            "3:33 a `parallel` is not guarded; its steps are",
        ),
    ] {
        let told = bad(&scenario(&format!("  - {step}")));
        assert!(told[0].starts_with(problem), "{told:?}");
    }
}

#[test]
fn the_home_folder_is_always_defined_and_never_captured() {
    let uses = "  - execute: 'ls ${{ home }}'\n  - read_file: '${{ home }}/a'";
    assert!(parse(&scenario(uses)).is_ok());
    let captures = bad(&scenario("  - {execute: pwd, capture: {home: output}}"));
    assert!(captures[0].contains("`home`"), "{captures:?}");
}
