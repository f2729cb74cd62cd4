//! How much of real use came to what: the steps of scenarios that say how many calls they stand for.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::scenario::verbs::VerbKind;

/// The traffic that a run's cases stand for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Traffic {
    /// Calls that the cases stand for.
    pub calls: u64,
    /// Per cent of them by the verdict of their steps, most first; each step of a case stands for as
    /// many of its calls as every other.
    #[schemars(with = "std::collections::BTreeMap<String, f64>")]
    pub percent_by_verdict: IndexMap<&'static str, f64>,
}

impl Traffic {
    /// That of these cases; none where none stands for any.
    pub(crate) fn of(cases: &[CaseVerdict]) -> Option<Self> {
        let calls: u64 = cases.iter().map(|case| case.traffic).sum();
        if calls == 0 {
            return None;
        }
        let mut by_verdict: IndexMap<&'static str, f64> = IndexMap::new();
        for case in cases.iter().filter(|case| case.traffic > 0) {
            for (verdict, share) in shares(case) {
                *by_verdict.entry(verdict.name()).or_default() += share * exact(case.traffic);
            }
        }
        by_verdict.sort_by(|_, one, _, other| other.total_cmp(one));
        let percent = |share: f64| rounded(100.0 * share / exact(calls));
        let percent_by_verdict = by_verdict.into_iter().map(|(name, it)| (name, percent(it)));
        Some(Self {
            calls,
            percent_by_verdict: percent_by_verdict.collect(),
        })
    }

    /// In one sentence.
    pub(crate) fn told(&self) -> String {
        let mut shares = self.percent_by_verdict.iter();
        let first = shares.next();
        let first =
            first.map(|(name, percent)| format!("{percent:.1} % of the replayed are {name}"));
        let rest: Vec<String> = shares
            .map(|(name, it)| format!("{it:.1} % {name}"))
            .collect();
        let mut told = format!(
            "traffic of {} calls: {}",
            self.calls,
            first.unwrap_or_default()
        );
        if !rest.is_empty() {
            told.push_str(", ");
            told.push_str(&rest.join(", "));
        }
        told
    }
}

/// The share of a case's calls by verdict: of its steps, or of the case where it was not played.
fn shares(case: &CaseVerdict) -> Vec<(Verdict, f64)> {
    let calls = case
        .steps
        .iter()
        .filter(|step| step.verb.kind != VerbKind::Harness);
    let verdicts: Vec<Verdict> = calls.map(|step| step.verdict).collect();
    if verdicts.is_empty() {
        return vec![(case.verdict, 1.0)];
    }
    let share = 1.0 / exact(verdicts.len() as u64);
    verdicts
        .into_iter()
        .map(|verdict| (verdict, share))
        .collect()
}

/// One digit behind the point. What is not all is never told as all, nor what is something as
/// nothing.
fn rounded(percent: f64) -> f64 {
    let near = (percent * 10.0).round() / 10.0;
    if near >= 100.0 && percent < 99.999_999 {
        99.9
    } else if near <= 0.0 && percent > 0.0 {
        0.1
    } else {
        near
    }
}

/// Counts of calls are far below what a number with a fraction can hold.
fn exact(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{case, field};

    #[test]
    fn calls_are_weighed_by_the_verdicts_of_their_steps() {
        let of = |id: &str, verdict, traffic| {
            let mut case = case(id, verdict, vec![field(verdict, "a", "a")]);
            case.traffic = traffic;
            case
        };
        let same = of("mcp/a", Verdict::Identical, 982);
        let other = of("mcp/b", Verdict::NewDivergence, 18);
        let none = of("mcp/c", Verdict::NewDivergence, 0);
        assert_eq!(Traffic::of(std::slice::from_ref(&none)), None);
        let traffic = Traffic::of(&[same.clone(), other, none]).unwrap();
        assert_eq!(
            traffic.told(),
            "traffic of 1000 calls: 98.2 % of the replayed are identical, 1.8 % new_divergence"
        );
        // One of very many is still not all.
        let few = of("mcp/d", Verdict::NewDivergence, 1);
        let many = of("mcp/e", Verdict::Identical, 1_000_000);
        let traffic = Traffic::of(&[few, many]).unwrap();
        assert!(
            traffic
                .told()
                .ends_with("99.9 % of the replayed are identical, 0.1 % new_divergence"),
            "{}",
            traffic.told()
        );
        // A case of two steps counts half for each.
        let mut two = same;
        let mut second = two.steps[0].clone();
        second.verdict = Verdict::Equivalent;
        two.steps.push(second);
        let traffic = Traffic::of(&[two]).unwrap();
        assert!(traffic.told().contains("50.0 %"), "{}", traffic.told());
    }
}
