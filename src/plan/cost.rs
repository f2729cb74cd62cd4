//! What a plan will take at the providers, before anything is asked of them.

use std::time::Duration;

use crate::plan::accounts::Account;
use crate::plan::case::Case;
use crate::scenario::model::{Action, Step};
use crate::scenario::verbs::{self, HarnessAction};

/// A create and its destroy at a cloud; a guess, said to be one.
const CREATE: Duration = Duration::from_secs(2);
/// One call at a cloud; a guess, said to be one.
const CALL: Duration = Duration::from_secs(1);

/// What one side of a plan will take.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// Sandboxes made.
    pub creates: u64,
    /// How long it will take at least, with the account's bounds and so many jobs.
    pub takes: Duration,
    /// Time for which sandboxes will be there, added up.
    pub sandbox_time: Duration,
    /// What that costs, if the account's price is known.
    pub price: Option<f64>,
}

/// What the cases take on one side, `replays` times, with so many jobs at once.
pub fn cost(cases: &[Case], replays: u32, jobs: usize, account: &Account) -> Cost {
    let runnable = || cases.iter().filter(|case| case.unmet.is_empty());
    let creates: usize = runnable()
        .map(|case| crate::plan::select::creates(&case.scenario))
        .sum();
    let creates = creates as u64 * u64::from(replays);
    let each: Duration = runnable().map(|case| length(&case.scenario.steps)).sum();
    let sandbox_time = each * replays;
    let at_once = u32::try_from(jobs.min(account.at_once).max(1)).unwrap_or(u32::MAX);
    let longest = runnable()
        .map(|case| length(&case.scenario.steps))
        .max()
        .unwrap_or_default();
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of sandboxes stay far below 2^52"
    )]
    let paced = Duration::from_secs_f64(creates as f64 / account.per_second);
    let price = account
        .sandbox_hour
        .map(|hour| hour * sandbox_time.as_secs_f64() / 3600.0);
    Cost {
        creates,
        takes: (sandbox_time / at_once).max(longest).max(paced),
        sandbox_time,
        price,
    }
}

fn length(steps: &[Step]) -> Duration {
    steps.iter().map(of_step).sum()
}

fn of_step(step: &Step) -> Duration {
    match &step.action {
        Action::Call(call) if *call.verb == verbs::PROVISION => CREATE,
        Action::Harness(_, HarnessAction::Pause(time)) => *time,
        Action::Parallel(children) => children.iter().map(of_step).max().unwrap_or_default(),
        Action::Harness(_, HarnessAction::Advance(_) | HarnessAction::Fault { .. }) => {
            Duration::ZERO
        }
        Action::Call(_)
        | Action::Harness(_, HarnessAction::AtProvider { .. } | HarnessAction::Restart(_)) => CALL,
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::{PlanOptions, plan};
    use crate::scenario::load_embedded;

    use super::*;

    #[test]
    fn pace_width_and_the_longest_case_bound_the_time() {
        let scenarios = load_embedded(&[
            ("a/short", "why: x\nsteps: [{execute: ls}]\n"),
            (
                "a/long",
                "why: x\nsteps: [{execute: ls}, {wait: {seconds: 30}}]\n",
            ),
        ])
        .unwrap();
        let options = PlanOptions {
            surfaces: vec![crate::call::Surface::Provider],
            ..PlanOptions::default()
        };
        let cases = plan(&scenarios, &options).unwrap().cases;
        let account = |at_once, per_second| Account {
            at_once,
            per_second,
            in_all: None,
            sandbox_hour: Some(3600.0),
            currency: "USD".to_owned(),
        };
        let narrow = cost(&cases, 2, 8, &account(1, 100.0));
        assert_eq!((narrow.creates, narrow.takes.as_secs()), (4, 72));
        assert!((narrow.price.unwrap() - 72.0).abs() < 1e-9);
        assert_eq!(cost(&cases, 1, 8, &account(9, 100.0)).takes.as_secs(), 33);
        assert_eq!(cost(&cases, 1, 8, &account(9, 0.01)).takes.as_secs(), 200);
    }
}
