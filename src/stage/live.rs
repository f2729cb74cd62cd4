//! The driver of a live lane, configured as the provider's official SDKs are.

use std::sync::Arc;

use cutover_base::secret::Secret;

use crate::call::Provider;
use crate::driver::SandboxDriver;
use crate::driver::http::HttpClients;
use crate::driver::{DriverConfig, connect};

/// Why a live lane cannot be used; the text names the variable to set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{provider}@live: {why}")]
pub struct LiveError {
    provider: Provider,
    why: String,
}

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
    let failed = |why: String| LiveError { provider, why };
    let config =
        DriverConfig::from_env(provider, get).map_err(|error| failed(error.to_string()))?;
    let secrets = config.secrets();
    let driver = connect(config, clients).map_err(|error| failed(error.to_string()))?;
    Ok((driver, secrets))
}
