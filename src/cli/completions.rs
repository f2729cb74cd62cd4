//! `cutover completions SHELL`.

use clap::CommandFactory;

use crate::cli::args::{Cli, CompletionsArgs};
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::output::print;

pub(crate) fn run(args: &CompletionsArgs) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cutover", &mut script);
    let script = String::from_utf8(script)
        .map_err(|error| Stop::unjudged(format!("completions are not UTF-8: {error}")))?;
    print(&script)?;
    Ok(OK)
}
