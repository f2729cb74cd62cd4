//! `cutover merge RUN...`: the shards of a run made one, judged as one.

use cutover_base::clock::Clock;

use crate::cli::args::MergeArgs;
use crate::cli::context::Context;
use crate::cli::exit::{Outcome, Stop};
use crate::cli::run::finish;
use crate::cli::stored::Judged;
use crate::transcript::journal::is_being_written;
use crate::transcript::{create_run_folder, merge_problems, merge_runs, read_journal};

pub(crate) fn run(args: &MergeArgs, context: &Context) -> Outcome {
    let mut runs = Vec::new();
    let mut problems = Vec::new();
    for dir in &args.runs {
        match read_journal(dir) {
            Ok(_) if is_being_written(dir) => {
                problems.push(format!("the run in `{}` is still going on", dir.display()));
            }
            Ok(run) => runs.push(run),
            Err(error) => problems.push(error.to_string()),
        }
    }
    if problems.is_empty() {
        problems = merge_problems(&runs);
    }
    if !problems.is_empty() {
        return Err(Stop::usage(problems.join("\n  and ")));
    }
    let redactor = context.redactor();
    let typed: Vec<String> = context.args.iter().map(|arg| redactor.text(arg)).collect();
    let folder = create_run_folder(&args.out, &Clock::new())
        .map_err(|error| Stop::usage(format!("{error}; choose another folder with --out")))?;
    merge_runs(&runs, &typed, &folder)
        .map_err(|error| Stop::unjudged(format!("the runs could not be merged: {error}")))?;
    let judged = Judged::read(&folder.path, None)?;
    finish(&judged, args.gate, &redactor, context)
}
