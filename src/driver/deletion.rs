//! Deleting a sandbox, which is asked for until it is heard: what is not deleted goes on costing.

use std::time::Duration;

use tokio::time::Instant;

use super::Destroyed;
use crate::call::{Failure, FailureClass};
use crate::driver::http::{HttpError, Refusal};
use crate::driver::polls::Polls;
use crate::driver::{DriverError, DriverResult};

/// One deletion, from its first send to the answer that settles it.
#[derive(Debug)]
pub(crate) struct Deletion {
    deadline: Instant,
    polls: Polls,
    /// Whether an earlier send may have been heard although its answer does not say so.
    heard: bool,
}

/// What a send comes to that was not answered with success.
#[derive(Debug)]
pub(crate) enum Missed {
    /// The sandbox is gone.
    Gone(Destroyed),
    /// Asking again changes nothing: it makes no wrong key right, and no refusal of the deed itself.
    Refused(DriverError),
    /// It may not have been heard.
    Unheard(DriverError),
}

impl Deletion {
    /// A deletion that is asked for at most so long.
    pub(crate) fn within(limit: Duration) -> Self {
        Self {
            deadline: Instant::now() + limit,
            polls: Polls::new(),
            heard: false,
        }
    }

    /// What a failed send comes to; `meaning` is the provider's of a refusal.
    ///
    /// One that finds the sandbox gone has destroyed it if an earlier one may have been heard.
    pub(crate) fn missed(
        &mut self,
        error: HttpError,
        meaning: impl FnOnce(&Refusal) -> Failure,
    ) -> Missed {
        let retried = matches!(&error, HttpError::Refused(refusal) if refusal.attempt > 1);
        let heard = std::mem::replace(&mut self.heard, true) || retried;
        let error = error.explained(meaning);
        match &error {
            DriverError::Failed(failure) if failure.class == FailureClass::SandboxGone => {
                Missed::Gone(if heard {
                    Destroyed::Now
                } else {
                    Destroyed::AlreadyGone
                })
            }
            DriverError::Failed(failure)
                if failure.class == FailureClass::Unauthorized || !failure.class.is_error() =>
            {
                Missed::Refused(error)
            }
            _ => Missed::Unheard(error),
        }
    }

    /// Waits for the next send.
    ///
    /// # Errors
    /// The error of the last send, at once, when there is no time for another.
    pub(crate) async fn again(&mut self, error: DriverError) -> DriverResult<()> {
        if self.polls.pause(self.deadline).await {
            Ok(())
        } else {
            Err(error)
        }
    }
}
