//! `cutover man`.

use clap::CommandFactory;

use crate::cli::args::Cli;
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::output::print;

pub(crate) fn run() -> Outcome {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Stop::unjudged(format!("the manual page: {error}")))?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(OK)
}
