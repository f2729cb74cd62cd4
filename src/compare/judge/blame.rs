//! Which cause a step suffers from: the one without which it would have been made, or else the
//! first that came before it.

use crate::compare::cause::{Blame, Cause, CauseKind};
use crate::compare::verdict::{StepVerdict, Verdict};
use crate::scenario::model::Step;
use crate::scenario::names::Names;

/// Finds the first cause of each step that is not as it should be. `steps` are the scenario's, in
/// the order of the verdicts.
pub(super) fn blame(steps: &[(String, &Step)], causes: &[Cause], verdicts: &mut [StepVerdict]) {
    if causes.is_empty() {
        return;
    }
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
            Verdict::NotReached => made_impossible(steps, causes, verdicts, before, *at),
            bad if bad >= Verdict::Noise && bad <= Verdict::ExpectationFailed => {
                first(causes, before, |_| true).map(likely)
            }
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
    steps: &[(String, &Step)],
    causes: &[Cause],
    verdicts: &[StepVerdict],
    before: &[usize],
    at: usize,
) -> Option<Blame> {
    let uses = Names::of(steps[at].1).uses;
    for earlier in before {
        let defines = Names::of(steps[*earlier].1).defines;
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
    let ends_a_side = |cause: &Cause| {
        matches!(
            cause.kind,
            CauseKind::ProviderError | CauseKind::HarnessError | CauseKind::NotRecorded
        )
    };
    first(causes, before, ends_a_side)
        .map(certain)
        .or_else(|| first(causes, before, |_| true).map(likely))
}
