use cutover_base::blob::Blob;
use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use super::*;
use crate::call::{Failure, FailureClass, Outcome, Surface};
use crate::compare::answer::{Conclusion, DecisionVerdict, DriftVerdict};
use crate::compare::judge::{CaseInput, judge_case};
use crate::compare::ledger::{Ledger, LedgerText, read_ledger};
use crate::compare::limit::Limit;
use crate::compare::samples::{record, scenario, step, subjects, transcript, with_compare};
use crate::compare::subjects::Subjects;
use crate::compare::verdict::{CaseVerdict, Effect, Gate, Verdict};
use crate::scenario::model::{CompareKind, Step};
use crate::transcript::StepResult;
use crate::transcript::record::UnmetExpectation;

const NOW: &str = "2026-11-23T16:00:20Z";

/// What is known of both fields: stderr with these keys, the streams as they are.
fn ledger(effect: &str) -> Ledger {
    known(&[
        ("Q240", "$.stderr", effect, "any: true", "absent: true"),
        STREAMS,
    ])
}

const STREAMS: (&str, &str, &str, &str, &str) = (
    "Q241",
    "$.streams",
    "effect: wording",
    "equals: apart",
    "equals: merged",
);

fn known(entries: &[(&str, &str, &str, &str, &str)]) -> Ledger {
    let entry = |(id, field, effect, from, to): &(&str, &str, &str, &str, &str)| {
        format!(
            "  - id: {id}\n    title: The title of {id}\n    kind: standing\n    cause: provider\n    {effect}\n    verb: execute\n    field: {field}\n    from: {{ side: e2b, {from} }}\n    to: {{ side: daytona, {to} }}\n    reason: it is so.\n    link: https://example.org/\n    owner: us\n    expires: 2027-06-01\n"
        )
    };
    let entries: Vec<String> = entries.iter().map(entry).collect();
    let text = format!("format: cutover.quirks/1\nquirks:\n{}", entries.concat());
    read_ledger(&[LedgerText {
        file: "quirks.yaml",
        text: &text,
    }])
    .unwrap()
}

fn apart(stdout: &str, stderr: &str) -> StepResult {
    let blob = |text: &str| Blob::from_bytes(text.to_owned());
    StepResult::Outcome(
        Outcome::default()
            .with("exit_code", 0)
            .with_bytes("stdout", blob(stdout))
            .with_bytes("stderr", blob(stderr))
            .with_bytes("output", blob(&format!("{stdout}{stderr}")))
            .with("streams", "apart"),
    )
}

fn merged(output: &str) -> StepResult {
    let blob = Blob::from_bytes(output.to_owned());
    StepResult::Outcome(
        Outcome::default()
            .with("exit_code", 0)
            .with_bytes("output", blob)
            .with("streams", "merged"),
    )
}

fn judged(
    ledger: &Ledger,
    subjects: &Subjects,
    step: &Step,
    sides: BySide<StepResult>,
) -> CaseVerdict {
    let of = |side: Side, result: StepResult| {
        let mut record = record("execute", result);
        if side == Side::Target && step.line == 99 {
            record.unmet.push(UnmetExpectation {
                line: 5,
                path: "$.stderr".to_owned(),
                message: "wanted equals \"x\", found nothing".to_owned(),
            });
        }
        [transcript(side, 1, vec![record])]
    };
    let transcripts = BySide {
        source: of(Side::Source, sides.source),
        target: of(Side::Target, sides.target),
    };
    judge_case(&CaseInput {
        case_id: "provider/a/b",
        scenario: &scenario("a/b", vec![step.clone()]),
        surface: Surface::Provider,
        required: true,
        transcripts: transcripts.as_ref().map(<[_; 1]>::as_slice),
        subjects,
        ledger,
        now: NOW.parse().unwrap(),
    })
}

fn facts(subjects: Subjects) -> RunFacts {
    RunFacts::plain(subjects, NOW.parse().unwrap(), 1)
}

/// Commands that wrote this to stderr, on E2B and Daytona.
fn of(ledger: &Ledger, errors: &[&str]) -> Conclusion {
    let cases = errors.iter().map(|stderr| {
        let sides = BySide {
            source: apart("out\n", stderr),
            target: merged(&format!("out\n{stderr}")),
        };
        judged(ledger, &subjects(), &step("execute: x"), sides)
    });
    conclude(cases.collect(), ledger, &facts(subjects()))
}

fn limits(conclusion: &Conclusion) -> Vec<String> {
    let limits = conclusion.decision.limits.iter();
    limits.map(Limit::sentence).collect()
}

#[test]
fn what_a_side_never_has_is_a_limit_with_its_count_and_the_verdict_of_no_case() {
    let ledger = ledger("effect: regression\n    gate: allow");
    let conclusion = of(&ledger, &["", "oh\n", "", "no\n"]);
    assert!(
        conclusion
            .cases
            .iter()
            .all(|case| case.verdict == Verdict::Identical)
    );
    assert_eq!(
        conclusion.drift.verdict,
        DriftVerdict::Unchanged,
        "{:?}",
        conclusion.drift.reasons
    );
    assert_eq!(conclusion.decision.verdict, DecisionVerdict::GoWithLimits);
    assert_eq!(
        limits(&conclusion),
        [
            "The title of Q240 (Q240): 2 of 4 `execute` steps gave `$.stderr` on the source and none \
          on the target; a regression; it is so"
        ]
    );
    assert_eq!(conclusion.quirks.matched, ["Q240", "Q241"]);
    assert!(conclusion.divergences.is_empty());
    // Where nothing was lost nothing is said, and the entry is not stale.
    let quiet = of(&ledger, &["", ""]);
    assert_eq!(quiet.decision.verdict, DecisionVerdict::Go);
    assert_eq!(quiet.drift.verdict, DriftVerdict::Unchanged);
    assert_eq!(
        (quiet.quirks.unused.as_slice(), quiet.quirks.stale.len()),
        (&["Q240".to_owned()][..], 0)
    );
}

#[test]
fn without_an_entry_it_is_one_divergence_of_the_run() {
    let streams = known(&[STREAMS]);
    let conclusion = of(&streams, &["", "oh\n", "no\n"]);
    assert_eq!(conclusion.drift.verdict, DriftVerdict::Changed);
    assert_eq!(conclusion.decision.verdict, DecisionVerdict::NoGo);
    let [found] = conclusion.divergences.as_slice() else {
        panic!("{:?}", conclusion.divergences);
    };
    assert_eq!(
        (found.case.as_str(), found.field.as_str()),
        ("", "$.stderr")
    );
    assert!(
        conclusion.drift.reasons[0]
            .1
            .contains("2 of 3 `execute` steps"),
        "{:?}",
        conclusion.drift.reasons
    );
    assert!(conclusion.decision.blockers[0].contains(&found.fingerprint));
    // Of verb and field alone, whatever was run.
    let other = of(&streams, &["elsewhere\n"]);
    assert_eq!(other.divergences[0].fingerprint, found.fingerprint);
    // How the streams are kept is compared too.
    let stderr = known(&[(
        "Q240",
        "$.stderr",
        "effect: wording",
        "any: true",
        "absent: true",
    )]);
    let kept = of(&stderr, &[""]);
    assert_eq!(kept.divergences[0].field, "$.streams");
    assert_ne!(kept.divergences[0].fingerprint, found.fingerprint);
    // An entry that says otherwise explains nothing.
    let wrong = known(&[
        STREAMS,
        (
            "Q240",
            "$.stderr",
            "effect: wording",
            "absent: true",
            "any: true",
        ),
    ]);
    assert_eq!(of(&wrong, &["oh\n"]).drift.verdict, DriftVerdict::Changed);
}

#[test]
fn a_gate_blocks_and_a_past_date_takes_the_allow_away() {
    let blocked = of(&ledger("effect: regression"), &["oh\n"]);
    assert_eq!(blocked.decision.verdict, DecisionVerdict::NoGo);
    assert!(blocked.decision.blockers[0].starts_with("The title of Q240 (Q240)"));
    assert_eq!(blocked.drift.verdict, DriftVerdict::Unchanged);
    let mut old = ledger("effect: wording");
    old.entries[0].expires = jiff::civil::date(2026, 11, 1);
    let expired = of(&old, &["oh\n"]);
    assert_eq!(expired.drift.verdict, DriftVerdict::Stale);
    assert_eq!(expired.quirks.expired, ["Q240"]);
    assert!(expired.decision.blockers[0].contains("its allowance ended on 2026-11-01"));
}

#[test]
fn exchanged_sides_turn_effect_and_gate_and_one_provider_has_one_nature() {
    let ledger = ledger("effect: regression\n    gate: allow");
    let mut back = subjects();
    std::mem::swap(&mut back.sides.source, &mut back.sides.target);
    let sides = BySide {
        source: merged("out\noh\n"),
        target: apart("out\n", "oh\n"),
    };
    let case = judged(&ledger, &back, &step("execute: x"), sides.clone());
    let conclusion = conclude(vec![case], &ledger, &facts(back));
    let found = &conclusion.standing[0];
    assert_eq!(
        (found.lacks, found.effect, found.gate),
        (
            Some(Side::Source),
            Some(Effect::Improvement),
            Some(Gate::Allow)
        )
    );
    assert_eq!(conclusion.decision.verdict, DecisionVerdict::Go);
    let mut one = subjects();
    one.sides.target.provider = one.sides.source.provider;
    let none = Ledger::default();
    let case = judged(&none, &one, &step("execute: x"), sides);
    let conclusion = conclude(vec![case], &none, &facts(one));
    assert_eq!(conclusion.standing, []);
}

#[test]
fn what_a_step_compares_or_ignores_itself_is_its_own_affair() {
    let none = known(&[STREAMS]);
    let sides = || BySide {
        source: apart("out\n", "oh\n"),
        target: merged("out\noh\n"),
    };
    let with = |kind: CompareKind| with_compare(step("execute: x"), &[("stderr", kind)]);
    let ignored = judged(
        &none,
        &subjects(),
        &with(CompareKind::Ignore("read nowhere".to_owned())),
        sides(),
    );
    assert_eq!(ignored.verdict, Verdict::Identical);
    let conclusion = conclude(vec![ignored], &none, &facts(subjects()));
    assert_eq!(conclusion.drift.verdict, DriftVerdict::Unchanged);
    let compared = judged(&none, &subjects(), &with(CompareKind::Bytes), sides());
    assert_eq!(compared.verdict, Verdict::NewDivergence);
    let conclusion = conclude(vec![compared], &none, &facts(subjects()));
    assert_eq!(
        conclusion.divergences.len(),
        1,
        "in its case, and not once more for the run"
    );
    assert_eq!(conclusion.divergences[0].case, "provider/a/b");
}

#[test]
fn a_failed_expectation_on_it_says_how_to_write_it() {
    let ledger = ledger("effect: regression\n    gate: allow");
    let step = Step {
        line: 99,
        ..step("execute: x")
    };
    let sides = BySide {
        source: apart("out\n", "oh\n"),
        target: merged("out\noh\n"),
    };
    let case = judged(&ledger, &subjects(), &step, sides);
    assert_eq!(case.verdict, Verdict::ExpectationFailed);
    let message = &case.steps[0].unmet[0].2.message;
    assert!(message.ends_with("the target has no `stderr`: write `expect: { source: { stderr: ... } }` for what holds on the source alone"), "{message}");
    let conclusion = conclude(vec![case], &ledger, &facts(subjects()));
    assert_eq!(limits(&conclusion).len(), 1, "it counts all the same");
}

#[test]
fn a_shard_lists_and_judges_nothing() {
    let ledger = Ledger::default();
    let case = of(&ledger, &["oh\n"]).cases.remove(0);
    let mut sharded = facts(subjects());
    sharded.sharded = true;
    let conclusion = conclude(vec![case], &ledger, &sharded);
    assert_eq!(conclusion.standing.len(), 2);
    assert_eq!(conclusion.drift.verdict, DriftVerdict::Unchanged);
    assert!(conclusion.divergences.is_empty());
}

#[test]
fn a_step_that_fails_on_a_side_says_nothing_of_its_nature() {
    let none = Ledger::default();
    let timeout = Outcome::default().with_failure(&Failure::new(FailureClass::Timeout, "too long"));
    let sides = BySide {
        source: apart("out\n", "oh\n"),
        target: StepResult::Outcome(timeout),
    };
    let case = judged(&none, &subjects(), &step("execute: x"), sides);
    let conclusion = conclude(vec![case], &none, &facts(subjects()));
    assert_eq!(conclusion.standing, []);
}
