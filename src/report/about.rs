//! What a reader must know of a step before its evidence: why it is there, the call, what each side
//! gave, and the first cause.

use cutover_base::side::Side;
use cutover_base::words::counted;

use crate::compare::cause::{Cause, CauseKind};
use crate::compare::first::{first_cause, first_that_differs};
use crate::compare::verdict::{CaseVerdict, StepVerdict, Verdict};
use crate::report::escape::{cut, one_line};
use crate::report::lines::{Depth, cut_line};
use crate::report::outcome::outcomes;
use crate::report::sides::replay_list;
use crate::scenario::CallText;

/// Steps that are named as not reached before it says how many more.
const STEPS_NAMED: usize = 5;

/// Characters of a sentence.
const SENTENCE_CHARS_MAX: usize = 1000;

/// See the module. Lines are neutralised, sentences are not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct About {
    /// Why the scenario exists, at the first thing that is told of a case.
    pub why: Option<String>,
    /// `call`, `source`, `target` and what stands behind them.
    pub lines: Vec<(&'static str, String)>,
    /// What happened in the step or before it, a sentence each.
    pub causes: Vec<String>,
}

impl About {
    /// What must be known of a step. `at` is its place in the case.
    pub(crate) fn of(case: &CaseVerdict, at: usize, is_first: bool, depth: Depth) -> Self {
        let step = &case.steps[at];
        let mut lines: Vec<_> = call(&step.call, depth);
        for side in Side::BOTH {
            let all = outcomes(step, side);
            let several = all.len() > 1;
            let more = all.len().saturating_sub(depth.values);
            for (replays, text) in all.into_iter().take(depth.values) {
                let replays = if several {
                    format!("in {}: ", replay_list(&replays))
                } else {
                    String::new()
                };
                lines.push((
                    side.name(),
                    cut_line(&format!("{replays}{text}"), depth.chars),
                ));
            }
            if more > 0 {
                lines.push((side.name(), format!("... {more} more in other replays")));
            }
        }
        Self {
            why: is_first.then(|| cut(&case.why, SENTENCE_CHARS_MAX)),
            lines,
            causes: causes(case, at, step)
                .iter()
                .map(|said| cut(said, SENTENCE_CHARS_MAX))
                .collect(),
        }
    }
}

impl About {
    /// Its lines with their labels, without colours.
    pub(crate) fn labelled(&self) -> impl Iterator<Item = String> {
        let lines = self.lines.iter();
        lines.map(|(label, text)| format!("{label:<6} : {text}"))
    }
}

/// The call, a line for each of its own, no more than the depth allows.
pub(crate) fn call(call: &CallText, depth: Depth) -> Vec<(&'static str, String)> {
    let mut lines = call.text.lines();
    let mut shown: Vec<_> = lines
        .by_ref()
        .take(depth.run)
        // A backslash stands for itself: the call is to be read as it was written.
        .map(|line| ("call", cut_line(&one_line(line), depth.chars)))
        .collect();
    let more = lines.count();
    if call.is_cut() {
        let bytes = call.bytes;
        shown.push(("call", format!("... the whole call has {bytes} bytes")));
    } else if more > 0 {
        shown.push(("call", format!("... {}", counted(more, "more line"))));
    }
    shown
}

fn causes(case: &CaseVerdict, at: usize, step: &StepVerdict) -> Vec<String> {
    let mut said = Vec::new();
    let blamed = step.blame.and_then(|blame| first_cause(case, blame));
    said.extend(blamed.or_else(|| first_that_differs(case, step)));
    for (index, cause) in case.causes.iter().enumerate() {
        if cause.at != at {
            continue;
        }
        if is_told_here(cause, step) {
            said.push(cause.what.clone());
        }
        said.extend(not_reached(case, index));
    }
    said
}

/// Errors and what stands aside are told in words of their own.
fn is_told_here(cause: &Cause, step: &StepVerdict) -> bool {
    let is_own = matches!(
        cause.kind,
        CauseKind::TimeLimit | CauseKind::Until | CauseKind::Capture
    );
    is_own || !(step.verdict.is_aside() || step.verdict >= Verdict::ProviderError)
}

/// The steps that could not be made for it.
fn not_reached(case: &CaseVerdict, cause: usize) -> Option<String> {
    let steps = case.steps.iter().filter(|step| {
        let is_it = |blame: crate::compare::cause::Blame| blame.certain && blame.cause == cause;
        step.verdict == Verdict::NotReached && step.blame.is_some_and(is_it)
    });
    let names: Vec<_> = steps.map(|step| format!("`{}`", step.id)).collect();
    let more = match names.len().saturating_sub(STEPS_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named: Vec<_> = names.iter().take(STEPS_NAMED).map(String::as_str).collect();
    (!named.is_empty()).then(|| format!("not reached because of it: {}{more}", named.join(", ")))
}
