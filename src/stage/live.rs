//! The driver of a live lane, configured as the provider's official SDKs are.

use std::sync::Arc;

use cutover_base::secret::Secret;

use crate::call::Provider;
use crate::driver::SandboxDriver;
use crate::driver::http::HttpClients;
use crate::driver::{DriverConfig, connect};

/// Why a live lane cannot be used; the text names the variable to set, and not the side, which whoever
/// tells it has named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LiveError(String);

/// Makes the driver of a live lane, and tells the secrets that it holds. Nothing is asked of the
/// provider yet.
///
/// # Errors
/// When a key is missing, or a base URL cannot be used.
pub fn live_driver(
    provider: Provider,
    clients: &HttpClients,
    get: &dyn Fn(&str) -> Option<String>,
) -> Result<(Arc<dyn SandboxDriver>, Vec<Secret>), LiveError> {
    let config =
        DriverConfig::from_env(provider, get).map_err(|error| LiveError(error.to_string()))?;
    let secrets = config.secrets();
    let driver = connect(config, clients).map_err(|error| LiveError(error.to_string()))?;
    Ok((driver, secrets))
}
