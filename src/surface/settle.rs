//! What a call comes to once it is known what happened behind its answer.

use crate::surface::Reply;
use crate::surface::host::Behind;
use crate::transcript::StepResult;

/// A provider that did not do its work is an error, whatever text reached the agent.
pub(super) fn settle(reply: Reply, behind: Behind) -> Reply {
    let Reply {
        result,
        mut literals,
    } = reply;
    literals.extend(behind.literals);
    let told = matches!(result, StepResult::Outcome(_));
    let result = match (behind.unwritten, behind.stopped, behind.failure) {
        (Some(why), _, _) => StepResult::HarnessError(why),
        (None, Some(why), _) if told => StepResult::NotReached(why),
        (None, None, Some(failure)) if told => StepResult::ProviderError(failure),
        _ => result,
    };
    Reply { result, literals }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Failure, FailureClass, Outcome};

    #[test]
    fn a_provider_that_failed_is_an_error_whatever_was_told() {
        let reply = || Reply::plain(StepResult::Outcome(Outcome::default().with("status", 500)));
        let failure = Failure::new(FailureClass::Unavailable, "HTTP 503");
        let behind = Behind {
            failure: Some(failure.clone()),
            ..Behind::default()
        };
        let settled = settle(reply(), behind.clone());
        assert_eq!(settled.result, StepResult::ProviderError(failure));
        assert_eq!(settle(reply(), Behind::default()), reply());
        // What did not reach the platform is no failure of the provider.
        let ours = Reply::plain(StepResult::HarnessError("no".to_owned()));
        assert_eq!(settle(ours.clone(), behind.clone()).result, ours.result);
        let stopped = Behind {
            stopped: Some("the cap".to_owned()),
            ..behind
        };
        let settled = settle(reply(), stopped);
        assert_eq!(settled.result, StepResult::NotReached("the cap".to_owned()));
    }
}
