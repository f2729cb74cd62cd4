//! `cutover merge RUN...`: the shards of a run made one, judged as one.

use crate::app::merge::merge;
use crate::cli::args::MergeArgs;
use crate::cli::context::Context;
use crate::cli::exit::Outcome;
use crate::cli::finish::{Exit, finish};

pub(crate) fn run(args: &MergeArgs, context: &Context) -> Outcome {
    let published = merge(&args.runs, &args.out, &context.environment)?;
    finish(&published, Exit::of(args.gate, args.rehearsal), context)
}
