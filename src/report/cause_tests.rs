//! What every report must tell of a step: the call, why it is there, where, what both sides gave,
//! and the first cause.

use std::sync::Arc;

use cutover_base::blob::Blob;
use cutover_base::by_side::BySide;

use crate::call::Outcome;
use crate::compare::answer::Conclusion;
use crate::compare::cause::{Blame, Cause, CauseKind, Gave, Given};
use crate::compare::verdict::{CaseVerdict, StepVerdict, Verdict};
use crate::report::fixture::{HOSTILE, call, conclusion, field, input};
use crate::report::terminal::TerminalOptions;
use crate::report::{html, json, junit, markdown, terminal};
use crate::scenario::CallText;

fn step(case: &CaseVerdict, id: &str, verdict: Verdict) -> StepVerdict {
    let mut step = case.steps[0].clone();
    id.clone_into(&mut step.id);
    step.verdict = verdict;
    step.fields = Vec::new();
    step
}

/// A step that the target does not have, one that was not reached for it, one that differs, and
/// one that fails alike on both sides.
fn suffering() -> Conclusion {
    let mut conclusion = conclusion();
    let mut case = conclusion.cases.remove(3);
    "provider/t/u".clone_into(&mut case.case);
    "A reader must see it.".clone_into(&mut case.why);
    let mut aside = step(&case, "aside", Verdict::Unsupported);
    aside.call = call("send_stdin: { process: p, data: a }");
    aside.line = 4;
    let outcome = Outcome::default()
        .with("exit_code", 3)
        .with_bytes("output", Blob::from_bytes("12345"));
    let gave = |what| {
        vec![Gave {
            replays: vec![1],
            what,
        }]
    };
    aside.gave = BySide {
        source: gave(Given::Outcome(outcome)),
        target: gave(Given::Unsupported(format!(
            "it has no such thing {HOSTILE}"
        ))),
    };
    let mut unreached = step(&case, "unreached", Verdict::NotReached);
    unreached.blame = Some(Blame {
        cause: 0,
        certain: true,
    });
    let mut differs = step(&case, "differs", Verdict::NewDivergence);
    differs.blame = Some(Blame {
        cause: 0,
        certain: false,
    });
    differs.call = call("execute: cat got");
    differs.fields = vec![field(Verdict::NewDivergence, "a\n", "b\n")];
    let mut alike = step(&case, "alike", Verdict::Identical);
    alike.agrees_only_in_failing = true;
    let mut missing = field(Verdict::Identical, "", "");
    missing.path = "$.exit_code".into();
    for side in [&mut missing.values.source, &mut missing.values.target] {
        Arc::make_mut(side)[0].raw = crate::compare::verdict::Shown::Json(127.into());
    }
    alike.fields = vec![missing];
    case.steps = vec![aside, unreached, differs, alike];
    case.causes = vec![Cause {
        at: 0,
        step: "aside".to_owned(),
        line: 4,
        kind: CauseKind::Unsupported,
        name: None,
        what: "unsupported on the target: it has no such thing".to_owned(),
    }];
    conclusion.cases = vec![case];
    conclusion
}

/// The reports for people, without what their formats escape.
fn human(conclusion: &Conclusion) -> Vec<(&'static str, String)> {
    let input = input(conclusion);
    let all = [
        (
            "terminal",
            terminal::render(&input, TerminalOptions::default()).to_string(),
        ),
        (
            "summary.md",
            markdown::render(&input, markdown::COMMENT_BYTES_MAX),
        ),
        ("report.html", html::render(&input).unwrap()),
        ("junit.xml", junit::render(&input).unwrap()),
    ];
    let plain = |text: String| {
        let text = text.replace("&#x27;", "'").replace("&gt;", ">");
        text.replace(['\\', '`'], "")
    };
    all.map(|(name, text)| (name, plain(text))).to_vec()
}

#[test]
fn every_report_tells_the_call_both_outcomes_and_the_first_cause() {
    for (name, text) in human(&suffering()) {
        for words in [
            "A reader must see it.",
            "execute: cat got",
            "send_stdin: { process: p, data: a }",
            "source : exit_code 3, output of 5 bytes",
            "target : unsupported: it has no such thing",
            "source : output of 2 bytes",
            "likely first cause: step aside, line 4: unsupported on the target",
            " first cause: step aside, line 4",
            "not reached because of it: unreached",
            "u.yaml:4",
            "step alike: exit_code 127",
        ] {
            let words = words.replace("u.yaml", ".yaml");
            assert!(text.contains(&words), "{name} lacks {words:?}\n{text}");
        }
    }
}

#[test]
fn the_report_for_machines_has_the_same_by_keys_of_its_own() {
    let conclusion = suffering();
    let report = json::build(&input(&conclusion), &mut |_, _| {});
    let report = serde_json::to_value(report).unwrap();
    let validator = jsonschema::validator_for(&json::schema()).unwrap();
    assert!(validator.is_valid(&report));
    let case = &report["cases"][0];
    assert_eq!(case["why"], "A reader must see it.");
    assert_eq!(case["causes"][0]["kind"], "unsupported");
    let steps = &case["steps"];
    assert_eq!(steps[2]["call"]["text"], "execute: cat got");
    assert_eq!(
        steps[0]["outcomes"]["source"][0]["text"],
        "exit_code 3, output of 5 bytes"
    );
    assert_eq!(steps[1]["first_cause"]["certain"], true);
    assert_eq!(steps[3]["agrees_only_in_failing"], true);
    assert_eq!(report["totals"]["steps_agree_only_in_failing"], 1);
}

#[test]
fn a_huge_or_hostile_call_is_bounded_and_harmless() {
    let mut conclusion = suffering();
    let huge = format!("execute: {HOSTILE}{}", "\u{1b}[2J<b>x\n".repeat(1000));
    for step in &mut conclusion.cases[0].steps {
        step.call = CallText {
            text: huge[..4000].into(),
            bytes: 1_000_000,
        };
    }
    conclusion.cases[0].causes[0].what = format!("{HOSTILE}{}", "y".repeat(100_000));
    for (name, text) in human(&conclusion) {
        assert!(text.contains("the whole call has 1000000 bytes"), "{name}");
        assert!(text.len() < 60_000, "{name}: {} bytes", text.len());
        assert!(
            text.chars()
                .all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')),
            "{name}"
        );
    }
    let page = html::render(&input(&conclusion)).unwrap();
    assert!(!page.contains("<b>x") && !page.contains("<script"));
}

#[test]
fn replays_that_gave_the_same_are_told_once_and_a_reason_that_stands_alone_whole() {
    let mut conclusion = suffering();
    let case = &mut conclusion.cases[0];
    let gave = |replay: u32| Gave {
        replays: vec![replay],
        // The time that it took is another in each replay.
        what: Given::Outcome(
            Outcome::default()
                .with("exit_code", 0)
                .with("duration", replay),
        ),
    };
    case.steps[0].gave.source = vec![gave(1), gave(2)];
    let mut alone = case.clone();
    "provider/t/alone".clone_into(&mut alone.case);
    alone.verdict = Verdict::Unsupported;
    alone.steps = Vec::new();
    alone.causes = Vec::new();
    alone.reason = format!("requires {}endoftheword", "a word, ".repeat(20));
    conclusion.cases.push(alone);
    let text = terminal::render(&input(&conclusion), TerminalOptions::default());
    assert!(text.contains("  source : exit_code 0\n"), "{text}");
    assert!(text.contains("endoftheword\n"), "{text}");
    assert!(
        text.lines()
            .filter(|line| line.starts_with("    = "))
            .all(|l| l.len() <= 100)
    );
}
