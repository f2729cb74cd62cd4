//! `cutover check`: scenarios, ledger and settings, every problem at once.

use crate::app::corpus::Corpus;
use crate::cli::args::CheckArgs;
use crate::cli::context::{Context, tell_left_out};
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::output::print;
use crate::scenario::render;

pub(crate) fn run(args: &CheckArgs, context: &Context) -> Outcome {
    let select = args.select.select();
    let settings = &context.environment.settings;
    let corpus = match (settings.checked(), Corpus::load(&select, settings)) {
        (Ok(_), loaded) => loaded?,
        (Err(error), Ok(_)) => return Err(error.into()),
        (Err(error), Err(other)) => return Err(Stop::usage(format!("{error}\n{other}"))),
    };
    tell_left_out(&corpus);
    let problems = corpus.disagreements();
    if !problems.is_empty() {
        return Err(Stop::usage(render(&problems)));
    }
    let notes = corpus.notes();
    let notes = notes.iter().map(|note| format!("{note}\n"));
    print(&notes.collect::<String>())?;
    print(&format!(
        "{} scenarios, {} cases, {} ledger entries: no problem found\n",
        corpus.scenarios.len(),
        corpus.cases(&select)?.len(),
        corpus.ledger.entries.len(),
    ))?;
    Ok(OK)
}
