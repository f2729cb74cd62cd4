//! Where a case first went wrong, in the words that its reason and every report have for it.

use crate::compare::cause::Blame;
use crate::compare::verdict::{CaseVerdict, StepVerdict};

/// Names the first step that differs, where `step` is a later one that differs.
pub(crate) fn first_that_differs(case: &CaseVerdict, step: &StepVerdict) -> Option<String> {
    let mut steps = case.steps.iter();
    let first = steps.find(|one| one.verdict.differs())?;
    let is_later = step.verdict.differs() && first.id != step.id;
    is_later.then(|| {
        format!(
            "the first step that differs is `{}`{} ({})",
            first.id,
            in_line(first.line),
            first.verdict
        )
    })
}

/// Names the first cause of what a step came to, and whether it only may be that.
pub(crate) fn first_cause(case: &CaseVerdict, blame: Blame) -> Option<String> {
    let cause = case.causes.get(blame.cause)?;
    let word = if blame.certain { "" } else { "likely " };
    Some(format!(
        "{word}first cause: step `{}`{}: {}",
        cause.step,
        in_line(cause.line),
        cause.what
    ))
}

/// The implicit provision stands in no line.
fn in_line(line: usize) -> String {
    match line {
        0 => String::new(),
        line => format!(", line {line}"),
    }
}
