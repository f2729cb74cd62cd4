//! Arguments about what stands before a provider: a platform that runs already, an MCP server.

use clap::Args;
use cutover_base::by_side::BySide;

/// What stands before the providers, where it is not ours.
#[derive(Debug, Clone, Args)]
pub(crate) struct BeforeArgs {
    /// Where the source's platform answers, for the stack `deployed`; its token is in
    /// `CUTOVER_SOURCE_PLATFORM_TOKEN`
    #[arg(long, value_name = "URL")]
    source_platform: Option<String>,
    /// Where the target's platform answers; its token is in `CUTOVER_TARGET_PLATFORM_TOKEN`
    #[arg(long, value_name = "URL")]
    target_platform: Option<String>,
    /// A session of the source's platform for all cases, instead of one each
    #[arg(long, value_name = "ID")]
    source_session: Option<String>,
    /// A session of the target's platform for all cases
    #[arg(long, value_name = "ID")]
    target_session: Option<String>,
    /// The MCP server at surface mcp, instead of ours: a command line, started for every case and side
    #[arg(long, value_name = "COMMAND")]
    pub(crate) mcp: Option<String>,
}

impl BeforeArgs {
    /// Where the platforms of both sides answer.
    pub(crate) fn platforms(&self) -> BySide<Option<String>> {
        BySide {
            source: self.source_platform.clone(),
            target: self.target_platform.clone(),
        }
    }

    /// The sessions that they are used with.
    pub(crate) fn sessions(&self) -> BySide<Option<String>> {
        BySide {
            source: self.source_session.clone(),
            target: self.target_session.clone(),
        }
    }
}
