//! `cutover platform`: the endpoint that the MCP server talks to.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::app::error::AppError;
use crate::app::platform::{self, PlatformSettings};
use crate::cli::context::Context;
use crate::cli::exit::{OK, Outcome};
use crate::cli::output::print_settings;

/// The environment says what the original's says: `MASTER_KEY`, `SANDBOX_CHOICE`, `E2B_API_KEY`,
/// `DAYTONA_API_KEY` and so on; docs/platform.md lists them all.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlatformArgs {
    /// How it behaves: lap-337 (the original), lap-337+Q04+... (with these fixes), unified (with all)
    #[arg(long, default_value = "unified", value_name = "STACK")]
    pub(crate) stack: String,
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR:PORT")]
    pub(crate) listen: SocketAddr,
    /// Folder of its database and of artifacts that no bucket takes
    #[arg(long, default_value = "cutover-platform", value_name = "FOLDER")]
    pub(crate) data: PathBuf,
}

/// Serves until SIGINT or SIGTERM.
pub(crate) async fn run(args: &PlatformArgs, context: &Context) -> Outcome {
    let settings = PlatformSettings {
        stack: args.stack.clone(),
        listen: args.listen,
        data: args.data.clone(),
    };
    let serving = |address: &str| {
        print_settings(&format!("LAP_BASE_URL={address}\n"))
            .map_err(|stop| AppError::failed(stop.message))
    };
    platform::run(&settings, &context.environment, serving).await?;
    Ok(OK)
}
