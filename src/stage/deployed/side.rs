//! What is known of a platform that somebody else runs.

use std::sync::Arc;

use cutover_base::secret::Secret;

use crate::call::Provider;
use crate::driver::SandboxDriver;
use crate::driver::http::HttpClients;

/// A side with a deployed platform.
#[derive(Debug, Clone)]
pub struct DeployedSide {
    /// Where the platform answers; no slash at the end.
    pub base: String,
    /// What whoever asks it must know.
    pub token: Secret,
    /// The session that every case uses; without one each makes its own.
    pub session: Option<String>,
    /// The provider that it is said to use.
    pub provider: Provider,
    /// Asks that provider, where its key is known.
    pub driver: Option<Arc<dyn SandboxDriver>>,
    /// The HTTP clients; shared by the run.
    pub clients: HttpClients,
    /// The MCP server before it, where it is not ours: a program and its arguments.
    pub mcp: Option<Vec<String>>,
}
