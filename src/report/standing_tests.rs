use cutover_base::side::Side;

use crate::compare::answer::{Conclusion, Standing};
use crate::compare::verdict::{Effect, Gate, Verdict};
use crate::report::fixture::{conclusion, input};
use crate::report::terminal::TerminalOptions;
use crate::report::{divergence, headline, json, junit, whole_case};

fn standing(verdict: Verdict, quirk: Option<&str>) -> Standing {
    Standing {
        verb: "execute",
        field: "$.stderr".to_owned(),
        lacks: Some(Side::Target),
        count: 41,
        of: 1020,
        verdict,
        quirk: quirk.map(str::to_owned),
        effect: quirk.map(|_| Effect::Regression),
        gate: quirk.map(|_| Gate::Allow),
        fingerprint: "D-5e5e5e5e".to_owned(),
    }
}

/// A run with an unexplained difference of nature, judged or only listed.
fn unexplained(judged: bool) -> Conclusion {
    let mut conclusion = conclusion();
    conclusion.standing = vec![standing(Verdict::NewDivergence, None)];
    if judged {
        let mut found = conclusion.divergences[1].clone();
        found.fingerprint = "D-5e5e5e5e".to_owned();
        found.field = "$.stderr".to_owned();
        (found.case, found.step) = (String::new(), String::new());
        conclusion.divergences.push(found);
    }
    conclusion
}

const SAID: &str =
    "41 of 1020 `execute` steps gave `$.stderr` on the source and none on the target";

#[test]
fn a_divergence_of_the_run_fails_in_junit_and_counts_as_new() {
    let whole = unexplained(true);
    let text = junit::render(&input(&whole)).unwrap();
    assert!(text.contains("<testsuite name=\"run\""), "{text}");
    assert!(
        text.contains(SAID) && text.contains("execute $.stderr"),
        "{text}"
    );
    let none = conclusion();
    let before = headline::changes(&input(&none));
    let after = headline::changes(&input(&whole));
    assert!(
        before.contains("1 new divergence,") && after.contains("2 new divergences,"),
        "{before} | {after}"
    );
    let shard = unexplained(false);
    let text = junit::render(&input(&shard)).unwrap();
    assert!(!text.contains("$.stderr"), "a shard judges nothing");
}

#[test]
fn it_is_shown_by_its_fingerprint_and_in_the_report_for_machines() {
    let whole = unexplained(true);
    let input = input(&whole);
    let shown = divergence(&input, "D-5e5e5e5e", TerminalOptions::default()).unwrap();
    assert!(
        shown.starts_with("new_divergence  $.stderr (standing)  D-5e5e5e5e"),
        "{shown}"
    );
    assert!(shown.contains(SAID), "{shown}");
    let report = json::build(&input, &mut |_, _| {});
    let report = serde_json::to_value(&report).unwrap();
    assert_eq!(report["standing"][0]["count"], 41);
    assert_eq!(report["standing"][0]["lacks"], "target");
    assert_eq!(report["divergences"][2]["case"], "");
}

#[test]
fn a_tried_command_tells_what_it_loses() {
    let mut known = conclusion();
    known.standing = vec![standing(Verdict::KnownDivergence, Some("Q27"))];
    let mut streams = standing(Verdict::KnownDivergence, Some("Q31"));
    (streams.field, streams.lacks) = ("$.streams".to_owned(), None);
    known.standing.push(streams);
    let text = whole_case(&input(&known), &known.cases[0], TerminalOptions::default());
    let line = "known_divergence  $.stderr (standing)  Q27 \"On E2B a non-zero exit loses all output\", a regression";
    assert!(text.contains(line), "{text}");
    assert!(!text.contains("$.streams"), "{text}");
}
