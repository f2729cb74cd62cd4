//! `cutover gate RUN...`: decides again, a pure function of journals and ledger.

use std::fmt::Write as _;

use crate::cli::args::GateArgs;
use crate::cli::context::{Context, print};
use crate::cli::exit::{DIFFERS, NOTHING, Outcome, UNJUDGED};
use crate::cli::stored::Judged;
use crate::compare::verdict::Scope;
use crate::report::escape::one_line;

pub(crate) fn run(args: &GateArgs, _context: &Context) -> Outcome {
    let mut worst = 0;
    for dir in &args.runs {
        let judged = Judged::read(dir, args.quirks.as_deref())?;
        let decision = &judged.conclusion.decision;
        let mut text = format!(
            "{}: {} (scope: {})\n",
            judged.run.started.run,
            decision.verdict.name(),
            decision.scope.name()
        );
        if decision.scope == Scope::Rehearsal && !args.rehearsal {
            text.push_str(
                "  INCONCLUSIVE for the gate: a rehearsal is no evidence about the clouds \
                 (--rehearsal decides on it all the same)\n",
            );
        }
        let sentences = [
            ("", &decision.reasons),
            ("blocks: ", &decision.blockers),
            ("limit: ", &decision.limits),
        ];
        for (mark, list) in sentences {
            for sentence in list {
                let _infallible = writeln!(text, "  {mark}{}", one_line(sentence));
            }
        }
        print(&text)?;
        let exit = judged.gate_exit(args.rehearsal);
        if rank(exit) > rank(worst) {
            worst = exit;
        }
    }
    Ok(worst)
}

/// NO-GO outweighs what could not be judged, which outweighs nothing judged.
const fn rank(exit: u8) -> u8 {
    match exit {
        DIFFERS => 3,
        UNJUDGED => 2,
        NOTHING => 1,
        _ => 0,
    }
}
