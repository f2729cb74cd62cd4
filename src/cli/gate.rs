//! `cutover gate RUN...`: decides again.

use std::fmt::Write as _;

use crate::app::gate::{Answer, Gate, answer};
use crate::app::judged::Judged;
use crate::cli::args::GateArgs;
use crate::cli::context::print;
use crate::cli::exit::{Outcome, of_answer};
use crate::compare::answer::Scope;
use crate::compare::limit::Limit;
use crate::report::escape::one_line;

pub(crate) fn run(args: &GateArgs) -> Outcome {
    let gate = Gate::read(&args.runs, args.quirks.as_deref(), args.profile.as_deref())?;
    let mut worst = Answer::Go;
    for judged in &gate.runs {
        print(&sentences(judged, args.rehearsal))?;
        worst = worst.max(answer(judged, args.rehearsal));
    }
    if let Some(why) = &gate.disagreement {
        print(&format!("INCONCLUSIVE: {why}\n"))?;
        worst = worst.max(Answer::Inconclusive);
    }
    Ok(of_answer(worst))
}

fn sentences(judged: &Judged, rehearsal: bool) -> String {
    let decision = &judged.conclusion.decision;
    let mut text = format!(
        "{}: {} (scope: {})\n",
        judged.run.started.run,
        decision.verdict.name(),
        decision.scope.name()
    );
    if decision.scope == Scope::Rehearsal && !rehearsal {
        text.push_str(
            "  INCONCLUSIVE for the gate: a rehearsal is no evidence about the clouds \
             (--rehearsal decides on it all the same)\n",
        );
    }
    let limits: Vec<String> = decision.limits.iter().map(Limit::whole).collect();
    let lists = [
        ("", &decision.reasons),
        ("blocks: ", &decision.blockers),
        ("limit: ", &limits),
    ];
    for (mark, list) in lists {
        for sentence in list {
            let _infallible = writeln!(text, "  {mark}{}", one_line(sentence));
        }
    }
    text
}
