//! `cutover try 'CMD'`: one call on both sides, what each gave, and the difference.

use crate::app::try_one::try_one;
use crate::cli::args::TryArgs;
use crate::cli::context::Context;
use crate::cli::exit::{DIFFERS, OK, Outcome, Stop, UNJUDGED};
use crate::cli::output::{print, print_page};
use crate::compare::answer::DriftVerdict;
use crate::compare::verdict::Verdict;

pub(crate) async fn run(args: &TryArgs, context: &Context) -> Outcome {
    let sides = args.sides.settings(&[]);
    let tried = try_one(&args.cmd, &sides, &context.environment).await?;
    let judged = &tried.judged;
    let drift = judged.conclusion.drift.verdict;
    if let DriftVerdict::Interrupted(_) = drift {
        return Ok(drift.exit_code());
    }
    let Some(case) = judged.conclusion.cases.first() else {
        return Err(Stop::unjudged("the command was not judged"));
    };
    print_page(&judged.whole_case(case, context.colour))?;
    if let Some(note) = tried.about_times() {
        print(&format!("note: {note}\n"))?;
    }
    if let Some(path) = &args.save {
        tried.save(path)?;
    }
    Ok(exit_of(case.verdict))
}

const fn exit_of(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Identical | Verdict::Equivalent | Verdict::KnownDivergence => OK,
        Verdict::HarnessError
        | Verdict::ProviderError
        | Verdict::Unsupported
        | Verdict::NotReached
        | Verdict::NotRecorded
        | Verdict::Skipped => UNJUDGED,
        Verdict::Noise
        | Verdict::UnstableSource
        | Verdict::UnstableTarget
        | Verdict::NewDivergence
        | Verdict::ExpectationFailed => DIFFERS,
    }
}
