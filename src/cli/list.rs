//! `cutover list`: the cases, one a line.

use crate::app::corpus::Corpus;
use crate::cli::args::SelectArgs;
use crate::cli::context::{Context, tell_left_out};
use crate::cli::exit::{OK, Outcome};
use crate::cli::output::print;
use crate::report::escape::one_line;

pub(crate) fn run(args: &SelectArgs, context: &Context) -> Outcome {
    let select = args.select();
    let corpus = Corpus::load(&select, &context.environment.settings)?;
    tell_left_out(&corpus);
    let cases = corpus.cases(&select)?;
    let mut text = String::new();
    for case in &cases {
        text.push_str(&one_line(&case.id));
        if !case.scenario.tags.is_empty() {
            text.push_str("  [");
            text.push_str(&one_line(&case.scenario.tags.join(", ")));
            text.push(']');
        }
        if !case.scenario.requires.is_empty() {
            text.push_str("  requires ");
            text.push_str(&case.scenario.requires.join(", "));
        }
        text.push_str("\n    ");
        text.push_str(&one_line(&case.scenario.why));
        text.push('\n');
    }
    print(&text)?;
    Ok(OK)
}
