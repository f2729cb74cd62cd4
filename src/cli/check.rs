//! `cutover check`: scenarios and ledger, every problem at once.

use crate::app::corpus::Corpus;
use crate::cli::args::CheckArgs;
use crate::cli::context::tell_left_out;
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::output::print;
use crate::scenario::render;

pub(crate) fn run(args: &CheckArgs) -> Outcome {
    let select = args.select.select();
    let corpus = Corpus::load(&select)?;
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
