//! `cutover gate RUN...`: decides again.

use std::fmt::Write as _;

use crate::app::gate::Gate;
use crate::app::judged::Judged;
use crate::cli::args::GateArgs;
use crate::cli::exit::{Outcome, of_answer};
use crate::cli::output::print;
use crate::compare::limit::Limit;
use crate::report::escape::one_line;

pub(crate) fn run(args: &GateArgs) -> Outcome {
    let (quirks, profile) = (args.quirks.as_deref(), args.profile.as_deref());
    let gate = Gate::read(&args.runs, quirks, profile, args.rehearsal)?;
    for judged in &gate.runs {
        print(&sentences(&gate, judged))?;
    }
    print(&disagreement(&gate))?;
    Ok(of_answer(gate.answer()))
}

/// Why the gate does not say what its runs come to, if it does not.
pub(crate) fn overruled(gate: &Gate) -> String {
    let mut text = String::new();
    for why in gate.runs.iter().filter_map(|judged| gate.overruled(judged)) {
        let _infallible = writeln!(text, "INCONCLUSIVE for the gate: {why}");
    }
    text + &disagreement(gate)
}

fn disagreement(gate: &Gate) -> String {
    match &gate.disagreement {
        Some(why) => format!("INCONCLUSIVE: {why}\n"),
        None => String::new(),
    }
}

fn sentences(gate: &Gate, judged: &Judged) -> String {
    let decision = &judged.conclusion.decision;
    let mut text = format!(
        "{}: {} (scope: {})\n",
        judged.run.started.run,
        decision.verdict.name(),
        decision.scope.name()
    );
    if let Some(why) = gate.overruled(judged) {
        let _infallible = writeln!(text, "  INCONCLUSIVE for the gate: {why}");
    }
    let limits: Vec<String> = decision.limits.iter().map(Limit::whole).collect();
    let reasons = decision.other_reasons();
    let lists = [
        ("blocks: ", &decision.blockers),
        ("", &reasons),
        ("limit: ", &limits),
        ("also open: ", &decision.open),
        ("note: ", &decision.remarks),
    ];
    for (mark, list) in lists {
        for sentence in list {
            let _infallible = writeln!(text, "  {mark}{}", one_line(sentence));
        }
    }
    text
}
