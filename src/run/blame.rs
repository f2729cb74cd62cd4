//! Whose failure it is: what the harness did to a side itself is never held against its provider,
//! nor taken for something that the scenario saw.

use crate::call::{Failure, FailureClass};
use crate::surface::Ours;
use crate::transcript::StepResult;

/// What an attempt came to, given what the harness had done before it and has done now. `accepts`
/// tells whether the step expects a class of failure.
pub(crate) fn blamed(
    before: &Ours,
    now: &Ours,
    accepts: impl Fn(FailureClass) -> bool,
    result: StepResult,
) -> StepResult {
    if let (Some(why), StepResult::Outcome(_) | StepResult::ProviderError(_)) =
        (&now.machine, &result)
    {
        let what = format!("the stand-in could not do its work on this machine: {why}");
        return StepResult::HarnessError(what);
    }
    let failure = match result {
        // Whatever is said of a sandbox that we let die, it is no outcome: neither that it is gone
        // nor that it could be destroyed. What is not reached for want of it is not reached by us.
        StepResult::Outcome(_) | StepResult::ProviderError(_) | StepResult::NotReached(_)
            if now.deaths > 0 =>
        {
            let what = "a sandbox died of the fault `death` that --fault planted";
            Failure::new(FailureClass::Unavailable, what)
        }
        StepResult::NotReached(why) if now.hits > before.hits => {
            let what = format!("{why} (hit by a fault of --fault)");
            Failure::new(FailureClass::Unavailable, what)
        }
        StepResult::ProviderError(failure) if now.hits > before.hits => {
            let what = format!("{} (hit by a fault of --fault)", failure.message);
            Failure::new(failure.class, what)
        }
        other => return other,
    };
    // An expectation of the scenario is about the provider, and must not be met by our own fault.
    if accepts(failure.class) {
        return StepResult::HarnessError(failure.message);
    }
    StepResult::ProviderError(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Outcome;

    const GONE: FailureClass = FailureClass::SandboxGone;
    const UNAVAILABLE: FailureClass = FailureClass::Unavailable;

    fn gone() -> StepResult {
        StepResult::Outcome(Outcome::default().with_failure(&Failure::new(GONE, "gone")))
    }

    fn refused() -> StepResult {
        StepResult::ProviderError(Failure::new(UNAVAILABLE, "no"))
    }

    fn ours(hits: u64, deaths: u64) -> Ours {
        Ours {
            hits,
            deaths,
            machine: None,
        }
    }

    #[test]
    fn what_the_provider_did_stays_its_own() {
        for result in [gone(), refused()] {
            let same = blamed(&ours(3, 0), &ours(3, 0), |_| true, result.clone());
            assert_eq!(same, result);
        }
        let unreached = StepResult::NotReached("no".to_owned());
        let same = blamed(&ours(3, 0), &ours(3, 0), |_| true, unreached.clone());
        assert_eq!(same, unreached);
        // What is not reached after a hit is not the scenario's own doing.
        let hit = blamed(&ours(0, 0), &ours(1, 0), |_| false, unreached);
        assert!(matches!(hit, StepResult::ProviderError(_)), "{hit:?}");
        // A hit that was retried away changes nothing.
        let same = blamed(&ours(0, 0), &ours(1, 0), |_| false, gone());
        assert_eq!(same, gone());
    }

    #[test]
    fn a_sandbox_that_died_of_our_fault_is_an_error_whatever_is_said_of_it() {
        let unreached = StepResult::NotReached("the home folder is not known".to_owned());
        let done = StepResult::Outcome(Outcome::default());
        for result in [gone(), refused(), done, unreached] {
            let result = blamed(&ours(0, 1), &ours(0, 1), |class| class == GONE, result);
            let StepResult::ProviderError(failure) = result else {
                panic!("{result:?}");
            };
            assert_eq!(failure.class, UNAVAILABLE);
        }
    }

    #[test]
    fn a_scenario_does_not_see_its_expectation_met_by_our_fault() {
        for (now, result) in [(ours(1, 0), refused()), (ours(0, 1), gone())] {
            let result = blamed(&Ours::default(), &now, |class| class == UNAVAILABLE, result);
            assert!(matches!(result, StepResult::HarnessError(_)), "{result:?}");
        }
    }

    #[test]
    fn what_our_machine_cannot_do_is_the_harnesss_failure() {
        let now = Ours {
            machine: Some("no space left".to_owned()),
            ..Ours::default()
        };
        for result in [refused(), gone()] {
            let result = blamed(&Ours::default(), &now, |_| false, result);
            assert!(matches!(result, StepResult::HarnessError(_)), "{result:?}");
        }
    }
}
