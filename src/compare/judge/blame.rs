//! Which cause a step suffers from: the one without which it would have been made, or else the
//! first that came before it.

use crate::compare::cause::{Blame, Cause};
use crate::compare::verdict::{StepVerdict, Verdict};
use crate::scenario::model::Step;
use crate::scenario::names::Names;

/// Finds the first cause of each step that is not as it should be. `steps` are the scenario's, in
/// the order of the verdicts.
pub(super) fn blame(steps: &[(String, &Step)], causes: &[Cause], verdicts: &mut [StepVerdict]) {
    if causes.is_empty() {
        return;
    }
    let names: Vec<Names> = steps.iter().map(|(_, step)| Names::of(step)).collect();
    let mut order: Vec<usize> = (0..steps.len()).collect();
    // Deferred steps are made at the end, the last first.
    order.sort_by_key(|at| {
        let is_deferred = steps[*at].1.defer;
        (
            is_deferred,
            if is_deferred { usize::MAX - *at } else { *at },
        )
    });
    for (rank, at) in order.iter().enumerate() {
        let Some(verdict) = verdicts.get(*at) else {
            continue;
        };
        let before = &order[..rank];
        let found = match verdict.verdict {
            Verdict::NotReached => made_impossible(&names, causes, verdicts, before, *at),
            bad if bad.differs() => first(causes, before, |_| true).map(likely),
            _ => None,
        };
        if let Some(verdict) = verdicts.get_mut(*at) {
            verdict.blame = found;
        }
    }
}

const fn likely(cause: usize) -> Blame {
    Blame {
        cause,
        certain: false,
    }
}

const fn certain(cause: usize) -> Blame {
    Blame {
        cause,
        certain: true,
    }
}

/// The first cause in steps that were made before, in the order in which they were made.
fn first(causes: &[Cause], before: &[usize], fits: impl Fn(&Cause) -> bool) -> Option<usize> {
    let in_step = |at: &usize| {
        causes
            .iter()
            .position(|cause| cause.at == *at && fits(cause))
    };
    before.iter().find_map(in_step)
}

fn made_impossible(
    names: &[Names],
    causes: &[Cause],
    verdicts: &[StepVerdict],
    before: &[usize],
    at: usize,
) -> Option<Blame> {
    let uses = &names[at].uses;
    for earlier in before {
        let defines = &names[*earlier].defines;
        let missing: Vec<&String> = uses.iter().filter(|name| defines.contains(name)).collect();
        if missing.is_empty() {
            continue;
        }
        // A capture that found nothing explains its own name only.
        let explains = |cause: &Cause| match &cause.name {
            Some(name) => missing.contains(&name),
            None => true,
        };
        let own = first(causes, &[*earlier], explains).map(certain);
        // What the earlier step suffers from, this one suffers from.
        if let Some(found) = own.or(verdicts[*earlier].blame) {
            return Some(found);
        }
    }
    first(causes, before, |cause| cause.kind.ends_a_side())
        .map(certain)
        .or_else(|| first(causes, before, |_| true).map(likely))
}
