//! `cutover init`: writes the shipped scenarios and ledger into a folder, and overwrites nothing.

use crate::app::shipped::init;
use crate::cli::args::InitArgs;
use crate::cli::exit::{OK, Outcome};
use crate::cli::output::print;

pub(crate) fn run(args: &InitArgs) -> Outcome {
    let written = init(&args.dir)?;
    print(&format!(
        "{} files written to {}\n",
        written.files,
        written.dir.display()
    ))?;
    Ok(OK)
}
