//! Opening a side whose platform somebody else runs.

use std::sync::Arc;

use cutover_base::fixes::Fixes;

use super::backstage::DeployedBackstage;
use super::host::DeployedHost;
use super::side::DeployedSide;
use crate::call::Surface;
use crate::plan::Case;
use crate::run::OpenSide;
use crate::stage::mcp_server::McpServer;
use crate::surface::{
    CallSurface, Lifecycle, McpSurface, NewSession, PlatformHost, PlatformSurface,
};

/// Opens a side at surface `mcp` or `platform`.
///
/// # Errors
/// Why it cannot be opened.
pub(in crate::stage) async fn open(
    side: &DeployedSide,
    case: &Case,
    lifecycle: Arc<dyn Lifecycle>,
) -> Result<OpenSide, String> {
    if case.surface == Surface::Provider {
        return Err("surface provider has no platform; its side is `PROVIDER@live`".to_owned());
    }
    let server = (case.surface == Surface::Mcp).then(|| match &side.mcp {
        Some(command) => McpServer::Command(command.clone()),
        None => McpServer::Ours(Fixes::none()),
    });
    let host = Arc::new(DeployedHost::start(side.clone(), server, lifecycle).await?);
    let session = host.create_session(NewSession::default()).await?;
    let clients = side.clients.clone();
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
        backstage: Arc::new(DeployedBackstage::new(side.driver.clone())),
    })
}
