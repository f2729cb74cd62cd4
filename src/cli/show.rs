//! `cutover show D-xxxxxxxx`: one divergence of a run, or one case, with both sides.

use crate::app::judged::Judged;
use crate::cli::args::ShowArgs;
use crate::cli::context::{Context, print};
use crate::cli::exit::{OK, Outcome};

pub(crate) fn run(args: &ShowArgs, context: &Context) -> Outcome {
    let judged = Judged::read(&args.run, None)?;
    print(&judged.show(&args.what, context.colour)?)?;
    Ok(OK)
}
