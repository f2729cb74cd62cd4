use proptest::prelude::*;

use super::tests::outputs;
use crate::compare::verdict::{CaseVerdict, Verdict};

fn mirrored(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::UnstableSource => Verdict::UnstableTarget,
        Verdict::UnstableTarget => Verdict::UnstableSource,
        other => other,
    }
}

fn fingerprints(case: &CaseVerdict) -> Vec<Option<String>> {
    case.steps[0]
        .fields
        .iter()
        .map(|field| field.fingerprint.clone())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exchanging_the_sides_mirrors_the_verdict(
        source in prop::collection::vec("[ab]", 1..4),
        target in prop::collection::vec("[ab]", 1..4),
    ) {
        let of = |side: &[String]| side.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        let (s, t): (Vec<&str>, Vec<&str>) =
            (source.iter().map(String::as_str).collect(), target.iter().map(String::as_str).collect());
        let there = outputs(&s, &t);
        let back = outputs(&t, &s);
        prop_assert_eq!(mirrored(there.verdict), back.verdict, "{} {}", of(&source), of(&target));
        let parity = there.verdict <= Verdict::Equivalent;
        let all_one = source.iter().chain(&target).all(|value| *value == source[0]);
        prop_assert_eq!(parity, all_one);
    }

    #[test]
    fn fingerprints_do_not_depend_on_the_order_of_replays(
        mut source in prop::collection::vec("[a-c]", 1..5),
        mut target in prop::collection::vec("[c-e]", 1..5),
    ) {
        let run = |s: &[String], t: &[String]| {
            let s: Vec<&str> = s.iter().map(String::as_str).collect();
            let t: Vec<&str> = t.iter().map(String::as_str).collect();
            fingerprints(&outputs(&s, &t))
        };
        let first = run(&source, &target);
        source.reverse();
        target.reverse();
        prop_assert_eq!(first, run(&source, &target));
    }
}
