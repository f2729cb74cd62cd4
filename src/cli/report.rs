//! `cutover report RUN`: renders every report again, from the journal alone.

use crate::app::judged::Judged;
use crate::cli::args::StoredArgs;
use crate::cli::context::{Context, print, tell};
use crate::cli::exit::{OK, Outcome};

pub(crate) fn run(args: &StoredArgs, context: &Context) -> Outcome {
    let judged = Judged::read(&args.run, args.quirks.as_deref())?;
    let written = judged.write_reports()?;
    print(&judged.terminal(context.colour))?;
    tell(&format!(
        "{} files written to {}",
        written.len(),
        args.run.display()
    ));
    Ok(OK)
}
