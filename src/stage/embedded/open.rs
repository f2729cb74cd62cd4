//! Opening a side before which a platform stands.

use std::sync::Arc;

use cutover_platform::Variables;

use super::backstage::{EmbeddedBackstage, Other};
use super::host::{EmbeddedHost, Reached};
use super::spec::Spec;
use crate::call::{Provider, Stack, Surface};
use crate::driver::SandboxDriver;
use crate::driver::http::HttpClients;
use crate::plan::Case;
use crate::run::OpenSide;
use crate::surface::{
    Backstage, CallSurface, Lifecycle, McpSurface, NewSession, PlatformHost, PlatformSurface,
};

/// What a platform is put before.
#[derive(Debug)]
pub(in crate::stage) struct Before {
    pub(in crate::stage) provider: Provider,
    pub(in crate::stage) stack: Stack,
    /// The variables of the provider's SDK.
    pub(in crate::stage) variables: Variables,
    pub(in crate::stage) driver: Arc<dyn SandboxDriver>,
    /// The other hand on the provider.
    pub(in crate::stage) backstage: Arc<dyn Backstage>,
    /// The provider of the other side, for the night of the cutover.
    pub(in crate::stage) other: Box<dyn Other>,
    pub(in crate::stage) clients: HttpClients,
    /// The MCP server, where it is not ours: a program and its arguments.
    pub(in crate::stage) mcp: Option<Vec<String>>,
}

/// Opens a side at surface `mcp` or `platform`.
///
/// # Errors
/// Why it cannot be opened; what was started is stopped.
pub(in crate::stage) async fn open(
    case: &Case,
    before: Before,
    lifecycle: Arc<dyn Lifecycle>,
) -> Result<OpenSide, String> {
    let spec = Spec::new(case, before.provider, &before.stack, before.mcp.as_deref())?;
    let reached = Reached {
        variables: before.variables,
        driver: before.driver,
    };
    let host = Arc::new(EmbeddedHost::start(spec, reached, lifecycle).await?);
    let session = host.create_session(NewSession::default()).await?;
    let clients = before.clients;
    let surface: Arc<dyn CallSurface> = if case.surface == Surface::Mcp {
        Arc::new(McpSurface::new(Arc::clone(&host) as _, clients, session))
    } else {
        Arc::new(PlatformSurface::new(
            Arc::clone(&host) as _,
            clients,
            session,
        ))
    };
    Ok(OpenSide {
        surface,
        backstage: Arc::new(EmbeddedBackstage::new(host, before.backstage, before.other)),
    })
}
