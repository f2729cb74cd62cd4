//! `cutover mcp`: the MCP server of the sandbox tools.

use std::net::SocketAddr;

use clap::{Args, Subcommand, ValueEnum};
use cutover_mcp::config::Host;

use crate::app::error::AppError;
use crate::app::mcp::{configuration, over_http, over_streams, settings};
use crate::cli::context::Context;
use crate::cli::exit::{OK, Outcome};
use crate::cli::output::{print_settings, tell};

/// `LAP_BASE_URL`, `SESSION_ID`, `LAP_AUTH_TOKEN` and `MASTER_KEY` of the environment say where the
/// platform is and whose calls these are.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct McpArgs {
    #[command(subcommand)]
    pub(crate) instead: Option<McpCommand>,
    /// How it behaves: lap-337 (the original), lap-337+Q10+... (with these fixes), unified (with all),
    /// lap-direct (the server of before, which asks E2B itself)
    #[arg(long, default_value = "unified", value_name = "STACK")]
    pub(crate) stack: String,
    /// Serve streamable HTTP at this address of this machine instead of the standard streams
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

/// What else it does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum McpCommand {
    /// Print what a host of MCP servers reads, with the keys and tokens of this environment
    Config(ConfigArgs),
}

/// For whom.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigArgs {
    /// Who reads it
    #[arg(long, value_enum, default_value = "opencode")]
    pub(crate) host: HostArg,
    /// Whose server is mounted: with lap-337 and lap-direct the original's, else `cutover mcp`
    #[arg(long, default_value = "unified", value_name = "STACK")]
    pub(crate) stack: String,
}

/// A host of MCP servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HostArg {
    /// The value of `mcp` in opencode.json
    Opencode,
    /// .mcp.json
    Claude,
    /// mcp.json
    Cursor,
}

/// What goes over the standard streams is the protocol's, and passes as it is.
pub(crate) async fn run(args: &McpArgs, context: &Context) -> Outcome {
    if let Some(McpCommand::Config(args)) = &args.instead {
        let host = match args.host {
            HostArg::Opencode => Host::Opencode,
            HostArg::Claude => Host::Claude,
            HostArg::Cursor => Host::Cursor,
        };
        print_settings(&configuration(&context.environment, &args.stack, host)?)?;
        return Ok(OK);
    }
    let settings = settings(&context.environment, &args.stack)?;
    match args.listen {
        None => over_streams(&settings, tell).await?,
        Some(address) => {
            let serving = |url: &str| {
                print_settings(&format!("{url}\n")).map_err(|stop| AppError::failed(stop.message))
            };
            over_http(&settings, address, tell, serving).await?;
        }
    }
    Ok(OK)
}
