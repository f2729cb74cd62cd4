//! A part of the cases is not all of them: what it decides, and what is gone from it.

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::compare::answer::{Conclusion, DecisionVerdict};
use crate::compare::conclude::samples::{agreeing, differing, facts};
use crate::compare::conclude::{RunFacts, conclude};
use crate::compare::ledger::Ledger;
use crate::compare::limit::{Limit, LimitKind};
use crate::compare::profile::read_profile;
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::transcript::Ending;
use crate::transcript::event::{StoredPlace, StoredSelection, StoredSince};

fn left_out(by: &[&str], cases: &[&str]) -> RunFacts {
    let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
    let mut facts = facts(1);
    facts.selection = Some(StoredSelection {
        by: owned(by),
        left_out: owned(cases),
        uncounted: false,
    });
    facts
}

fn concluded(case: CaseVerdict, facts: &RunFacts) -> Conclusion {
    conclude(vec![case], &Ledger::default(), facts)
}

#[test]
fn a_selection_is_a_limit_of_a_go() {
    for (name, facts, wanted, said) in [
        ("all", left_out(&[], &[]), DecisionVerdict::Go, ""),
        // A pattern that leaves nothing out is no limit.
        (
            "all by pattern",
            left_out(&["--only provider/*"], &[]),
            DecisionVerdict::Go,
            "",
        ),
        (
            "one of three",
            left_out(&["--only provider/a/b"], &["provider/a/c", "provider/a/d"]),
            DecisionVerdict::GoWithLimits,
            "1 of 3 cases; selected by --only provider/a/b; to do: run all of them, or name those \
             that must be judged in a profile's `required`",
        ),
        (
            "a shard",
            left_out(&["--shard 1/2"], &["provider/a/c"]),
            DecisionVerdict::GoWithLimits,
            "1 of 2 cases; selected by --shard 1/2; to do: run every shard, and `cutover merge` \
             them",
        ),
        (
            "effects outside",
            left_out(&[], &["provider/net/push"]),
            DecisionVerdict::GoWithLimits,
            "1 of 2 cases; the others change something outside the sandbox; to do: run them with \
             `--allow external`",
        ),
    ] {
        let decision = concluded(agreeing(), &facts).decision;
        assert_eq!(decision.verdict, wanted, "{name}");
        let limits: Vec<String> = decision.limits.iter().map(Limit::whole).collect();
        assert_eq!(limits.join("\n"), said, "{name}");
        let kinds = decision.limits.iter().map(|limit| limit.kind);
        assert!(
            kinds.clone().all(|kind| kind == LimitKind::Selection),
            "{name}"
        );
    }
    let mut unknown = left_out(&["x.yaml"], &[]);
    if let Some(selection) = &mut unknown.selection {
        selection.uncounted = true;
    }
    let decision = concluded(agreeing(), &unknown).decision;
    assert_eq!(decision.verdict, DecisionVerdict::GoWithLimits);
    assert!(decision.limits[0].what.contains("could not be counted"));
}

#[test]
fn with_a_profile_its_required_cases_are_the_measure() {
    let judged_by = |required: &str, left_out_cases: &[&str]| {
        let text = format!("format: cutover.profile/1\nwhy: x\nrequired: {required}\n");
        let mut facts = left_out(&["--only provider/a/b"], left_out_cases);
        facts.profile = read_profile("p.yaml", &text).ok();
        assert!(facts.profile.is_some(), "{required}");
        concluded(agreeing(), &facts).decision
    };
    let others = ["provider/a/c", "provider/a/d", "provider/z/e"];
    let decision = judged_by("[provider/a/b]", &others);
    assert_eq!(decision.verdict, DecisionVerdict::Go, "{decision:?}");
    let decision = judged_by("[provider/a/*, '!provider/a/d']", &others);
    assert_eq!(decision.verdict, DecisionVerdict::Inconclusive);
    assert_eq!(
        decision.reasons,
        ["the profile requires 1 case that was not selected: provider/a/c"]
    );
    let decision = judged_by("provider/*", &others);
    assert_eq!(
        decision.reasons,
        [
            "the profile requires 3 cases that were not selected: provider/a/c, provider/a/d, \
          provider/z/e"
        ]
    );
    // A profile that requires no case by name leaves the selection a limit.
    let decision = judged_by("[]", &others);
    assert_eq!(decision.verdict, DecisionVerdict::GoWithLimits);
}

/// An earlier run that saw one divergence at each place.
fn since(places: &[(&str, &str)]) -> StoredSince {
    let first: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    let mut divergences = IndexMap::new();
    let mut stored = IndexMap::new();
    for (index, (case, step)) in places.iter().enumerate() {
        let id = format!("D-{index:08}");
        divergences.insert(id.clone(), first);
        stored.insert(
            id,
            StoredPlace {
                case: (*case).to_owned(),
                step: (*step).to_owned(),
            },
        );
    }
    StoredSince {
        run: "earlier".to_owned(),
        divergences,
        places: stored,
    }
}

#[test]
fn gone_is_only_what_was_looked_at_again() {
    let with = |verdict: Option<Verdict>| {
        let mut case = agreeing();
        if let Some(verdict) = verdict {
            case.verdict = verdict;
            case.steps[0].verdict = verdict;
        }
        case
    };
    let part = || left_out(&["--only provider/a/b"], &["provider/a/c"]);
    let whole = || left_out(&[], &[]);
    for (name, place, facts, now, gone) in [
        (
            "judged again",
            ("provider/a/b", "execute"),
            part(),
            None,
            true,
        ),
        (
            "not selected",
            ("provider/a/c", "execute"),
            part(),
            None,
            false,
        ),
        (
            "no case any more",
            ("provider/a/x", "execute"),
            whole(),
            None,
            false,
        ),
        (
            "no step any more",
            ("provider/a/b", "other"),
            whole(),
            None,
            false,
        ),
        ("of the whole run", ("", ""), whole(), None, true),
        (
            "of the whole run, a part now",
            ("", ""),
            part(),
            None,
            false,
        ),
        (
            "an error now",
            ("provider/a/b", "execute"),
            whole(),
            Some(Verdict::ProviderError),
            false,
        ),
        (
            "aside now",
            ("provider/a/b", "execute"),
            whole(),
            Some(Verdict::NotRecorded),
            false,
        ),
    ] {
        let mut facts = facts;
        facts.since = Some(since(&[place]));
        let drift = concluded(with(now), &facts).drift;
        assert_eq!(drift.gone == ["D-00000000"], gone, "{name}: {drift:?}");
        assert_eq!(drift.gone.len(), usize::from(gone), "{name}");
    }
}

#[test]
fn what_differs_otherwise_is_new_and_the_old_is_gone() {
    let mut facts = left_out(&[], &[]);
    facts.since = Some(since(&[("provider/a/b", "execute")]));
    let drift = concluded(differing(), &facts).drift;
    assert_eq!((drift.new.len(), drift.gone.len()), (1, 1));
}

#[test]
fn sandboxes_that_nobody_accounts_for_are_a_limit_of_a_go() {
    let case = CaseVerdict {
        ending: Ending::Unverified,
        ..agreeing()
    };
    let decision = concluded(case, &facts(1)).decision;
    assert_eq!(decision.verdict, DecisionVerdict::GoWithLimits);
    let limits: Vec<String> = decision.limits.iter().map(Limit::whole).collect();
    let wanted = "whether the sandboxes of 1 case are gone is not known; provider/a/b; to do: set the \
                  provider's key, by which they are found and destroyed";
    assert_eq!(limits, [wanted]);
    assert_eq!(decision.limits[0].kind, LimitKind::Unverified);
}
