//! The steps of the set-up: which one failed, for the report to the host.

use std::io;

/// A step of the set-up and why it failed.
pub(super) type StepError = (String, io::Error);

/// Names the step of an error.
pub(super) fn step<E: Into<io::Error>>(name: impl Into<String>) -> impl FnOnce(E) -> StepError {
    |error| (name.into(), error.into())
}
