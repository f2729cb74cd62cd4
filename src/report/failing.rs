//! Steps that agree only in failing, by name: both sides met the same time limit, or neither has
//! the command.

use cutover_base::words::counted;

use crate::compare::verdict::{CaseVerdict, StepVerdict};
use crate::report::evidence::place;
use crate::report::input::ReportInput;
use crate::report::outcome::failure;

/// Steps that are named before it says how many more there are.
const STEPS_NAMED: usize = 20;

/// A sentence for each step in which both sides failed alike and nothing said that they would.
pub(crate) fn sentences(input: &ReportInput<'_>) -> Vec<String> {
    let mut steps = input.conclusion.cases.iter().flat_map(|case| {
        let failing = case.steps.iter().filter(|step| step.agrees_only_in_failing);
        failing.map(move |step| (case, step))
    });
    let mut said: Vec<String> = steps.by_ref().take(STEPS_NAMED).map(sentence).collect();
    let more = steps.count();
    if more > 0 {
        said.push(counted(more, "more step"));
    }
    said
}

/// Of one step: `step `slow`: failure.class timeout`.
pub(crate) fn of_step(step: &StepVerdict) -> String {
    format!("step `{}`: {}", step.id, failure(step))
}

fn sentence((case, step): (&CaseVerdict, &StepVerdict)) -> String {
    format!(
        "{}, {} ({})",
        case.case,
        of_step(step),
        place(case, step.line)
    )
}
