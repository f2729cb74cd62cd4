//! Exit codes that are not a verdict of a run; those are `DriftVerdict::exit_code`.

use std::process::ExitCode;

use crate::app::error::AppError;
use crate::app::gate::Answer;
use crate::compare::answer::DriftVerdict;

/// All is well.
pub(crate) const OK: u8 = 0;
/// Something differs, or a check found a mistake in what was compared.
pub(crate) const DIFFERS: u8 = 1;
/// Usage, configuration, scenario or ledger invalid; nothing was created.
pub(crate) const USAGE: u8 = 2;
/// Harness or provider errors.
pub(crate) const UNJUDGED: u8 = 3;
/// Nothing selected or judged.
pub(crate) const NOTHING: u8 = 4;

/// Why a command ends early: what to print on stderr and the exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) code: u8,
    pub(crate) message: String,
}

impl Stop {
    /// A mistake in usage, configuration, scenario or ledger.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            code: USAGE,
            message: message.into(),
        }
    }

    /// A failure of the harness.
    pub(crate) fn unjudged(message: impl Into<String>) -> Self {
        Self {
            code: UNJUDGED,
            message: message.into(),
        }
    }
}

impl From<AppError> for Stop {
    fn from(error: AppError) -> Self {
        let code = match &error {
            AppError::Usage(_) => USAGE,
            AppError::Failed(_) => UNJUDGED,
            AppError::Nothing(_) => NOTHING,
            AppError::Interrupted { number, .. } => DriftVerdict::Interrupted(*number).exit_code(),
        };
        Self {
            code,
            message: error.to_string(),
        }
    }
}

/// The exit code of a decision.
pub(crate) const fn of_answer(answer: Answer) -> u8 {
    match answer {
        Answer::Go => OK,
        Answer::NoGo => DIFFERS,
        Answer::Inconclusive => UNJUDGED,
        Answer::Nothing => NOTHING,
    }
}

/// What a command gives: an exit code, or an early end.
pub(crate) type Outcome = Result<u8, Stop>;

/// The process's exit code.
pub(crate) fn code(code: u8) -> ExitCode {
    ExitCode::from(code)
}
