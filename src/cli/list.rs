//! `cutover list`: the cases, one a line.

use std::collections::BTreeSet;

use crate::cli::args::SelectArgs;
use crate::cli::context::print;
use crate::cli::corpus::{Corpus, every_capability};
use crate::cli::exit::{OK, Outcome, Stop};

pub(crate) fn run(args: &SelectArgs) -> Outcome {
    let corpus = Corpus::load(args)?;
    let plan = corpus.plan(args, &every_capability(), BTreeSet::new())?;
    if plan.cases.is_empty() {
        return Err(Stop::nothing("no case is selected"));
    }
    let mut text = String::new();
    for case in &plan.cases {
        text.push_str(&case.id);
        if !case.scenario.tags.is_empty() {
            text.push_str("  [");
            text.push_str(&case.scenario.tags.join(", "));
            text.push(']');
        }
        if !case.scenario.requires.is_empty() {
            text.push_str("  requires ");
            text.push_str(&case.scenario.requires.join(", "));
        }
        text.push_str("\n    ");
        text.push_str(&case.scenario.why);
        text.push('\n');
    }
    print(&text)?;
    Ok(OK)
}
