//! `cutover show D-xxxxxxxx`: one divergence of a run, or one case, with both sides.

use crate::app::judged::Judged;
use crate::cli::args::ShowArgs;
use crate::cli::context::Context;
use crate::cli::exit::{OK, Outcome};
use crate::cli::output::print_page;

pub(crate) fn run(args: &ShowArgs, context: &Context) -> Outcome {
    let judged = Judged::read(&args.run, None)?;
    print_page(&judged.show(&args.what, context.colour)?)?;
    Ok(OK)
}
