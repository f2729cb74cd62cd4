//! `cutover import LOG`: a log of tool calls as scenarios.

use std::path::PathBuf;

use clap::Args;

use crate::app::import::import;
use crate::cli::context::Context;
use crate::cli::exit::{OK, Outcome};
use crate::cli::output::{print, tell};

/// The format is recognised from the content: lines of tool calls, JSON-RPC, opencode, SWE-agent,
/// mini-swe-agent, `OpenHands`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ImportArgs {
    /// The log
    pub(crate) log: PathBuf,
    /// The folder for the scenarios, which must not be there yet
    #[arg(long, value_name = "FOLDER", default_value = "imported")]
    pub(crate) out: PathBuf,
}

pub(crate) fn run(args: &ImportArgs, context: &Context) -> Outcome {
    let (page, trouble) = import(&args.log, &args.out, &context.environment)?;
    for line in trouble {
        tell(&format!("warning: {line}"));
    }
    print(&page)?;
    Ok(OK)
}
