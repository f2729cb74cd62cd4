//! Making drivers of settings that arrive as environment variables.

use std::sync::Arc;

use cutover_base::secret::Secret;

use crate::call::Provider;
use crate::driver::daytona::{DaytonaConfig, DaytonaDriver};
use crate::driver::e2b::{E2bConfig, E2bDriver};
use crate::driver::http::HttpClients;
use crate::driver::settings::SettingError;
use crate::driver::{DriverResult, SandboxDriver};

/// What a provider's driver is told.
#[derive(Debug, Clone)]
pub enum DriverConfig {
    /// For E2B.
    E2b(E2bConfig),
    /// For Daytona.
    Daytona(DaytonaConfig),
}

impl DriverConfig {
    /// Reads a provider's settings by the names that its official SDKs use.
    ///
    /// # Errors
    /// When a variable is missing or cannot be used; the text names it.
    pub fn from_env(
        provider: Provider,
        get: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingError> {
        Ok(match provider {
            Provider::E2b => Self::E2b(E2bConfig::from_env(get)?),
            Provider::Daytona => Self::Daytona(DaytonaConfig::from_env(get)?),
        })
    }

    /// The secrets in it, for the redactor of a run.
    pub fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::E2b(config) => vec![config.api_key.clone()],
            Self::Daytona(config) => vec![config.credentials.secret().clone()],
        }
    }
}

/// Makes a driver. Nothing is asked of the provider yet.
///
/// # Errors
/// When a base URL has a scheme that cannot be used, or no TLS client can be built (no CA found).
pub fn connect(
    config: DriverConfig,
    clients: &HttpClients,
) -> DriverResult<Arc<dyn SandboxDriver>> {
    Ok(match config {
        DriverConfig::E2b(config) => Arc::new(E2bDriver::new(config, clients.clone())?),
        DriverConfig::Daytona(config) => Arc::new(DaytonaDriver::new(config, clients.clone())?),
    })
}
