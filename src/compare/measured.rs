//! How long the steps took and how the providers' exchanges went: for reports, and for the budgets
//! of a profile.

use std::collections::HashMap;

use cutover_base::side::Side;
use indexmap::IndexMap;

use crate::compare::verdict::CaseVerdict;
use crate::scenario::verbs::{self, Verb};
use crate::transcript::{StepKind, StoredRun};

/// What was measured in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// How long the steps took, by verb, then side.
    pub timing: Vec<Timing>,
    /// How the providers' exchanges went, by verb, then side.
    pub availability: Vec<Availability>,
}

/// How long the steps of a verb took on a side, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// The verb.
    pub verb: String,
    /// The side.
    pub side: Side,
    /// How many.
    pub count: u64,
    /// The middle one.
    pub p50_ms: u64,
    /// The one that 95 of 100 stay under.
    pub p95_ms: u64,
}

/// How the exchanges of an operation went on a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// The side.
    pub side: Side,
    /// The driver's operation; `create` is told as `provision`, the verb it belongs to.
    pub verb: String,
    /// First tries.
    pub calls: u64,
    /// First tries without a usable answer, or answered 429 or 5xx.
    pub first_attempt_failures: u64,
    /// Further tries.
    pub retries: u64,
}

impl Measured {
    /// What a stored run measured; `cases` are the verdicts on it, which know the steps' verbs.
    pub fn of(run: &StoredRun, cases: &[CaseVerdict]) -> Self {
        Self {
            timing: timing(run, cases),
            availability: availability(run),
        }
    }
}

fn timing(run: &StoredRun, cases: &[CaseVerdict]) -> Vec<Timing> {
    let mut durations: IndexMap<(&'static Verb, Side), Vec<u64>> = IndexMap::new();
    for case in cases {
        let verbs: HashMap<&str, &'static Verb> = case
            .steps
            .iter()
            .map(|step| (step.id.as_str(), step.verb))
            .collect();
        for stored in run
            .cases
            .get(&case.case)
            .into_iter()
            .flat_map(|c| &c.transcripts)
        {
            for step in &stored.steps {
                let verb = verbs.get(step.step.as_str());
                // A step that met an error says nothing of how fast the work is done.
                if let (Some(verb), StepKind::Outcome) = (verb, &step.kind) {
                    let key = (*verb, stored.side);
                    durations.entry(key).or_default().push(step.duration_ms);
                }
            }
        }
    }
    durations.sort_by_key(|(verb, side), _| (verb.position(), *side));
    durations
        .into_iter()
        .map(|((verb, side), mut ms)| {
            ms.sort_unstable();
            Timing {
                verb: verb.name.to_owned(),
                side,
                count: ms.len() as u64,
                p50_ms: percentile(&ms, 50),
                p95_ms: percentile(&ms, 95),
            }
        })
        .collect()
}

/// The smallest value that `percent` of 100 do not exceed (nearest rank). `sorted` ascends.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

fn availability(run: &StoredRun) -> Vec<Availability> {
    let mut list: Vec<_> = run
        .calls
        .iter()
        .filter_map(|count| {
            let verb = match count.operation.as_str() {
                "create" => verbs::PROVISION.name,
                other => other,
            };
            Some(Availability {
                side: count.side?,
                verb: verb.to_owned(),
                calls: count.calls,
                first_attempt_failures: count.first_attempt_failures,
                retries: count.retries,
            })
        })
        .collect();
    list.sort_by(|a, b| (&a.verb, a.side).cmp(&(&b.verb, b.side)));
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values: Vec<u64> = (1..=100).collect();
        assert_eq!((percentile(&values, 50), percentile(&values, 95)), (50, 95));
        assert_eq!((percentile(&[7], 50), percentile(&[7], 95)), (7, 7));
        assert_eq!(percentile(&[1, 9], 95), 9);
        assert_eq!(percentile(&[], 50), 0);
    }
}
