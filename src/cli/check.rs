//! `cutover check`: scenarios and ledger, every problem at once.

use std::collections::BTreeSet;

use crate::cli::args::CheckArgs;
use crate::cli::context::print;
use crate::cli::corpus::{Corpus, every_capability};
use crate::cli::exit::{OK, Outcome, Stop};
use crate::scenario::render;

pub(crate) fn run(args: &CheckArgs) -> Outcome {
    let corpus = Corpus::load(&args.select)?;
    let problems = corpus.disagreements();
    if !problems.is_empty() {
        return Err(Stop::usage(render(&problems)));
    }
    let plan = corpus.plan(&args.select, &every_capability(), BTreeSet::new())?;
    if plan.cases.is_empty() {
        return Err(Stop::nothing("no case is selected"));
    }
    print(&format!(
        "{} scenarios, {} cases, {} ledger entries: no problem found\n",
        corpus.scenarios.len(),
        plan.cases.len(),
        corpus.ledger.entries.len(),
    ))?;
    Ok(OK)
}
