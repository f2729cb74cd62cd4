//! The end of `run` and `merge`: what is printed of a run, and its exit code.

use std::path::PathBuf;

use crate::app::error::AppError;
use crate::app::gate::Gate;
use crate::app::published::Published;
use crate::cli::context::Context;
use crate::cli::exit::{Outcome, of_answer};
use crate::cli::gate::overruled;
use crate::cli::output::{print, print_page, tell};
use crate::compare::answer::DriftVerdict;

/// Which answer gives the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Has anything changed?
    Drift,
    /// May we cut over? A secret that was found and an interruption outweigh it.
    Decision {
        /// Whether a rehearsal is decided on as if it were the real thing.
        rehearsal: bool,
    },
}

impl Exit {
    /// What `--gate` and `--rehearsal` ask for.
    pub(crate) const fn of(gate: bool, rehearsal: bool) -> Self {
        if gate {
            Self::Decision { rehearsal }
        } else {
            Self::Drift
        }
    }
}

/// Says of which artefacts a secret was taken out.
pub(crate) fn told(withheld: &[PathBuf]) {
    for file in withheld {
        tell(&format!(
            "a secret was found in `{}` and taken out",
            file.display()
        ));
    }
}

/// Prints the answer and gives the exit code.
pub(crate) fn finish(published: &Published, exit: Exit, context: &Context) -> Outcome {
    let Published { judged, withheld } = published;
    told(withheld);
    print_page(&judged.terminal(context.colour))?;
    tell(&format!("reports in {}", judged.run.dir.display()));
    let drift = judged.conclusion.drift.verdict;
    let outweighs = matches!(
        drift,
        DriftVerdict::SecretFound | DriftVerdict::Interrupted(_)
    );
    let Exit::Decision { rehearsal } = exit else {
        return Ok(drift.exit_code());
    };
    if outweighs {
        return Ok(drift.exit_code());
    }
    // The same question, asked of the same folder, as `cutover gate` asks.
    let dirs = std::slice::from_ref(&judged.run.dir);
    let gate = Gate::read(dirs, None, None, rehearsal).map_err(AppError::after_create)?;
    print(&overruled(&gate))?;
    Ok(of_answer(gate.answer()))
}
