//! The end of `run` and `merge`: what is printed of a run, and its exit code.

use crate::app::gate::{Answer, answer, disagreement_by_own};
use crate::app::published::Published;
use crate::cli::context::{Context, print, tell};
use crate::cli::exit::{Outcome, Stop, of_answer};
use crate::compare::answer::DriftVerdict;

/// Prints the answer, and exits on the drift or, with `gate`, on the decision.
pub(crate) fn finish(published: &Published, gate: bool, context: &Context) -> Outcome {
    let Published { judged, withheld } = published;
    if !withheld.is_empty() {
        for file in withheld {
            tell(&format!("a secret was found in `{}`", file.display()));
        }
        return Err(Stop {
            code: DriftVerdict::SecretFound.exit_code(),
            message: format!(
                "{} artefacts held a secret and were withheld",
                withheld.len()
            ),
        });
    }
    print(&judged.terminal(context.colour))?;
    tell(&format!("reports in {}", judged.run.dir.display()));
    if !gate {
        return Ok(judged.conclusion.drift.verdict.exit_code());
    }
    let answer = answer(judged, true);
    let Some(why) = disagreement_by_own(std::slice::from_ref(judged))? else {
        return Ok(of_answer(answer));
    };
    print(&format!("INCONCLUSIVE: {why}\n"))?;
    Ok(of_answer(answer.max(Answer::Inconclusive)))
}
