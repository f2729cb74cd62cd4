//! `cutover show D-xxxxxxxx`: one divergence of a run, with both sides.

use crate::cli::args::ShowArgs;
use crate::cli::context::{Context, print};
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::stored::{Judged, shown};
use crate::report::terminal;

pub(crate) fn run(args: &ShowArgs, context: &Context) -> Outcome {
    let judged = Judged::read(&args.run, None)?;
    match terminal::divergence(&judged.input(), &args.fingerprint, shown(context.colour)) {
        Some(text) => {
            print(&text)?;
            Ok(OK)
        }
        None => Err(Stop::usage(format!(
            "run {} has no divergence `{}`; its {} are in report.json",
            judged.run.started.run,
            args.fingerprint,
            judged.conclusion.divergences.len()
        ))),
    }
}
