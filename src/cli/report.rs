//! `cutover report RUN`: renders every report again, from the journal alone.

use crate::app::judged::Judged;
use crate::app::published::Published;
use crate::cli::args::StoredArgs;
use crate::cli::context::Context;
use crate::cli::exit::{OK, Outcome};
use crate::cli::finish::told;
use crate::cli::output::{print_page, tell};
use crate::compare::answer::DriftVerdict;

pub(crate) fn run(args: &StoredArgs, context: &Context) -> Outcome {
    let quirks = args.quirks.as_deref();
    let judged = Judged::read(&args.run, quirks)?;
    let published = Published::new(judged, quirks, &context.environment.redactor())?;
    told(&published.withheld);
    print_page(&published.judged.terminal(context.colour))?;
    tell(&format!("reports written to {}", args.run.display()));
    Ok(if published.withheld.is_empty() {
        OK
    } else {
        DriftVerdict::SecretFound.exit_code()
    })
}
