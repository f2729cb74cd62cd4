//! `cutover record -- COMMAND`: an MCP server, and a scenario of what was called.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::app::record::record;
use crate::cli::context::Context;
use crate::cli::exit::Outcome;
use crate::cli::output::tell;

/// Stands in the place of the server in a host's configuration.
#[derive(Debug, Clone, Args)]
pub(crate) struct RecordArgs {
    /// Where the scenario is written; without it a new file of this folder
    #[arg(long, value_name = "FILE.yaml")]
    pub(crate) out: Option<PathBuf>,
    /// The command that starts the MCP server, behind `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// What goes over the standard streams is the protocol's, and passes as it is.
pub(crate) async fn run(args: &RecordArgs, context: &Context) -> Outcome {
    Ok(record(
        &args.command,
        args.out.as_deref(),
        &context.environment,
        tell,
    )
    .await?)
}
