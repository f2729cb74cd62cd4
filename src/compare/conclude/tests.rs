use super::*;
use crate::call::{Failure, FailureClass, Surface};
use crate::compare::answer::{Conclusion, DecisionVerdict, DriftVerdict, Scope};
use crate::compare::conclude::samples::{agreeing, case, facts, judged, ledger, none};
use crate::compare::judge::unjudged_case;
use crate::compare::ledger::{LedgerText, read_ledger};
use crate::compare::profile::read_profile;
use crate::compare::samples::{scenario, step};
use crate::compare::subjects::LaneFact;
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::transcript::event::StoredSince;
use crate::transcript::{Ending, StepResult};

fn answers(conclusion: &Conclusion) -> (DriftVerdict, DecisionVerdict) {
    (conclusion.drift.verdict, conclusion.decision.verdict)
}

#[test]
fn each_verdict_has_its_answers() {
    use DecisionVerdict::{Go, GoWithLimits, Inconclusive, NoGo};
    use DriftVerdict::{Changed, Noisy, Stale, Unchanged};
    let allow = || ledger("change", "gate: allow", "2027-06-01");
    let block = || ledger("regression", "", "2027-06-01");
    let better = || ledger("improvement", "", "2027-06-01");
    let old = || ledger("improvement", "", "2026-11-01");
    for (name, ledger, source, target, wanted) in [
        ("identical", none(), &["a"][..], &["a"][..], (Unchanged, Go)),
        ("new", none(), &["a"], &["b"], (Changed, NoGo)),
        (
            "allowed",
            allow(),
            &["a"],
            &["b"],
            (Unchanged, GoWithLimits),
        ),
        ("improvement", better(), &["a"], &["b"], (Unchanged, Go)),
        ("blocked", block(), &["a"], &["b"], (Unchanged, NoGo)),
        ("expired", old(), &["a"], &["b"], (Stale, NoGo)),
        ("stale", better(), &["a"], &["a"], (Stale, Inconclusive)),
        (
            "unstable target",
            none(),
            &["a", "a"],
            &["a", "b"],
            (Changed, NoGo),
        ),
        (
            "unstable source",
            none(),
            &["a", "b"],
            &["a", "a"],
            (Changed, Inconclusive),
        ),
        (
            "noise",
            none(),
            &["a", "b"],
            &["b", "a"],
            (Noisy, Inconclusive),
        ),
    ] {
        let conclusion = conclude(vec![case(&ledger, source, target)], &ledger, &facts(1));
        assert_eq!(
            answers(&conclusion),
            wanted,
            "{name}: {:?}",
            conclusion.drift.reasons
        );
        assert_eq!(conclusion.decision.scope, Scope::Rehearsal);
        assert_eq!(gate_answer(&conclusion.decision, false), Inconclusive);
    }
}

#[test]
fn a_limit_is_a_sentence_with_its_title() {
    let ledger = ledger("change", "gate: allow", "2027-06-01");
    let conclusion = conclude(vec![case(&ledger, &["a"], &["b"])], &ledger, &facts(1));
    assert_eq!(
        conclusion.decision.limits[0].sentence(),
        "E2B hands on stdout before stderr (Q31): a change; it keeps two streams; shown by provider/a/b"
    );
    assert_eq!(
        conclusion.decision.limits[0].advice,
        "check that no agent relies on it; us allows it until 2027-06-01"
    );
    assert_eq!(conclusion.quirks.matched, ["Q31"]);
    assert_eq!(conclusion.divergences[0].enters_at, "provider");
}

#[test]
fn two_dead_providers_do_not_agree() {
    let dead = || {
        vec![StepResult::ProviderError(Failure::new(
            FailureClass::Unavailable,
            "503",
        ))]
    };
    let conclusion = conclude(vec![judged(&none(), dead(), dead())], &none(), &facts(1));
    assert_eq!(
        answers(&conclusion),
        (DriftVerdict::Unjudged, DecisionVerdict::Inconclusive)
    );
    assert_eq!(conclusion.drift.verdict.exit_code(), 3);
}

#[test]
fn what_stands_aside_counts_only_when_it_was_required() {
    let sample = scenario("c", vec![step("execute: x")]);
    let aside = |required, verdict| {
        unjudged_case(
            "provider/c",
            &sample,
            Surface::Provider,
            required,
            verdict,
            "no root",
        )
    };
    let with = |other: CaseVerdict| {
        conclude(
            vec![case(&none(), &["a"], &["a"]), other],
            &none(),
            &facts(2),
        )
    };
    let free = with(aside(false, Verdict::Unsupported));
    assert_eq!(
        answers(&free),
        (DriftVerdict::Unchanged, DecisionVerdict::Go)
    );
    assert!(
        free.decision.remarks[0].contains("provider/c"),
        "it is named"
    );
    for verdict in [Verdict::Unsupported, Verdict::Skipped, Verdict::NotReached] {
        let bound = with(aside(true, verdict));
        assert_eq!(
            answers(&bound),
            (DriftVerdict::Unjudged, DecisionVerdict::Inconclusive)
        );
    }
    let only = conclude(vec![aside(false, Verdict::Unsupported)], &none(), &facts(1));
    assert_eq!(
        answers(&only),
        (DriftVerdict::Nothing, DecisionVerdict::Inconclusive)
    );
    let nothing = conclude(Vec::new(), &none(), &facts(0));
    assert_eq!(nothing.drift.verdict, DriftVerdict::Nothing);
    let missing = conclude(vec![case(&none(), &["a"], &["a"])], &none(), &facts(2));
    assert_eq!(missing.drift.verdict, DriftVerdict::Unjudged);
}

#[test]
fn precedence_holds_and_all_reasons_are_listed() {
    let mut facts = facts(1);
    facts.secret_found = true;
    facts.interrupted = Some(15);
    facts.stopped = Some("the cap of 5 sandboxes".to_owned());
    facts.leaked = 2;
    let conclusion = conclude(vec![case(&none(), &["a"], &["b"])], &none(), &facts);
    let verdicts: Vec<DriftVerdict> = conclusion.drift.reasons.iter().map(|(v, _)| *v).collect();
    assert_eq!(
        verdicts,
        [
            DriftVerdict::SecretFound,
            DriftVerdict::Interrupted(15),
            DriftVerdict::Changed,
            DriftVerdict::Unjudged,
            DriftVerdict::Leaked
        ]
    );
    facts.secret_found = false;
    facts.interrupted = None;
    facts.stopped = None;
    let mut fine = case(&none(), &["a"], &["a"]);
    fine.ending = Ending::Leaked;
    let conclusion = conclude(vec![fine], &none(), &facts);
    assert_eq!(
        answers(&conclusion),
        (DriftVerdict::Leaked, DecisionVerdict::Inconclusive)
    );
}

#[test]
fn one_is_counted_as_one() {
    let said =
        |case: CaseVerdict, facts: &RunFacts| conclude(vec![case], &none(), facts).decision.reasons;
    let mut facts = facts(1);
    let noise = case(&none(), &["a", "b"], &["b", "a"]);
    assert_eq!(said(noise, &facts), ["1 field is noise; 0 are allowed"]);
    let mut left = agreeing();
    left.ending = Ending::Leaked;
    assert_eq!(said(left, &facts), ["1 case left something behind"]);
    for (leaked, words) in [
        (1, "1 sandbox could not be destroyed"),
        (2, "2 sandboxes could not be destroyed"),
    ] {
        facts.leaked = leaked;
        assert_eq!(said(agreeing(), &facts), [words]);
    }
    facts.leaked = 0;
    let text = "format: cutover.profile/1\nwhy: x\nreplays_min: 3\n";
    facts.profile = read_profile("p.yaml", text).ok();
    assert_eq!(
        said(agreeing(), &facts),
        ["the profile wants 3 replays on each side; 1 case has fewer, such as provider/a/b"]
    );
}

fn at(surface: Surface, source: &str, target: &str) -> CaseVerdict {
    let mut case = case(&none(), &[source], &[target]);
    case.surface = surface;
    case.case = format!("{surface}/a/b");
    case
}

#[test]
fn a_scenario_counts_at_its_outermost_judged_surface() {
    use Surface::{Mcp, Platform, Provider};
    let run = |cases: Vec<CaseVerdict>| {
        let planned = cases.len();
        conclude(cases, &none(), &facts(planned))
    };
    let below = run(vec![at(Mcp, "a", "a"), at(Provider, "a", "b")]);
    assert_eq!(
        answers(&below),
        (DriftVerdict::Changed, DecisionVerdict::Go)
    );
    assert!(
        below
            .decision
            .remarks
            .iter()
            .any(|said| said.contains("below the surface"))
    );
    assert_eq!(below.divergences[0].enters_at, "provider");
    let above = run(vec![
        at(Mcp, "a", "b"),
        at(Platform, "a", "a"),
        at(Provider, "a", "a"),
    ]);
    assert_eq!(above.decision.verdict, DecisionVerdict::NoGo);
    assert_eq!(above.divergences[0].enters_at, "mcp");
    let gap = run(vec![at(Mcp, "a", "b"), at(Provider, "a", "a")]);
    assert_eq!(gap.divergences[0].enters_at, "unknown");
    let mut broken = at(Mcp, "a", "a");
    broken.verdict = Verdict::HarnessError;
    let inner = run(vec![broken, at(Provider, "a", "b")]);
    assert_eq!(
        inner.decision.verdict,
        DecisionVerdict::NoGo,
        "the inner one is now the outermost judged"
    );
}

#[test]
fn since_tells_what_is_new_and_what_is_gone() {
    let seen = case(&none(), &["a"], &["b"]);
    let id = seen.steps[0]
        .fields
        .iter()
        .find_map(|f| f.fingerprint.clone())
        .unwrap();
    let first: jiff::Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    let mut facts = facts(1);
    facts.since = Some(StoredSince {
        run: "earlier".into(),
        // An earlier version's journal: where, it does not say.
        places: indexmap::IndexMap::default(),
        divergences: [(id.clone(), first), ("D-00000000".to_owned(), first)]
            .into_iter()
            .collect(),
    });
    let conclusion = conclude(vec![seen], &none(), &facts);
    assert_eq!(conclusion.drift.new, Vec::<String>::new());
    assert_eq!(conclusion.drift.gone, ["D-00000000"]);
    assert_eq!(conclusion.divergences[0].first_seen, Some(first));
    let conclusion = conclude(vec![case(&none(), &["a"], &["c"])], &none(), &facts);
    assert_eq!(
        (conclusion.drift.new.len(), conclusion.drift.gone.len()),
        (1, 2)
    );
}

#[test]
fn shards_do_not_judge_staleness_and_orphans_are_stale_always() {
    let known = ledger("improvement", "", "2027-06-01");
    let mut facts = facts(1);
    facts.sharded = true;
    let conclusion = conclude(vec![case(&known, &["a"], &["a"])], &known, &facts);
    assert_eq!(conclusion.drift.verdict, DriftVerdict::Unchanged);
    facts.sharded = false;
    let orphaned = known.against(&[]);
    let other = at(Surface::Mcp, "a", "a");
    let conclusion = conclude(vec![other], &orphaned, &facts);
    assert_eq!(conclusion.drift.verdict, DriftVerdict::Stale);
}

#[test]
fn shared_entries_leave_the_verdict_and_are_listed_or_stale() {
    let text = "format: cutover.quirks/1\nquirks:\n  - id: Q33\n    title: The newline is kept\n    kind: shared\n    cause: provider\n    effect: wording\n    reason: r\n    link: https://example.org/\n    owner: us\n    expires: 2027-06-01\n    shapes:\n      - { case: provider/a/b, step: execute, field: output, both: { sides: [e2b, daytona], equals: \"x\\n\" } }\n";
    let shared = read_ledger(&[LedgerText {
        file: "quirks.yaml",
        text,
    }])
    .unwrap();
    let conclusion = conclude(vec![case(&shared, &["x\n"], &["x\n"])], &shared, &facts(1));
    assert_eq!(conclusion.cases[0].verdict, Verdict::Identical);
    assert_eq!(conclusion.quirks.shared, ["Q33"]);
    assert_eq!(conclusion.drift.verdict, DriftVerdict::Unchanged);
    let conclusion = conclude(vec![case(&shared, &["x"], &["x"])], &shared, &facts(1));
    assert_eq!(conclusion.drift.verdict, DriftVerdict::Stale);
}

#[test]
fn the_scope_follows_the_lanes() {
    let taken = "2026-11-20T14:00:00Z".parse().unwrap();
    for (source, target, scope) in [
        (LaneFact::Live, LaneFact::Live, Scope::Live),
        (
            LaneFact::Live,
            LaneFact::RecordingOfLive(taken),
            Scope::Mixed,
        ),
        (LaneFact::Live, LaneFact::Standin, Scope::Rehearsal),
        (
            LaneFact::RecordingOfStandin,
            LaneFact::Live,
            Scope::Rehearsal,
        ),
    ] {
        let mut facts = facts(1);
        facts.subjects.sides.source.lane = source;
        facts.subjects.sides.target.lane = target;
        let conclusion = conclude(vec![case(&none(), &["a"], &["a"])], &none(), &facts);
        assert_eq!(conclusion.decision.scope, scope);
        if scope == Scope::Mixed {
            assert!(conclusion.decision.remarks[0].contains("3 days and 2 hours old"));
        }
    }
}
