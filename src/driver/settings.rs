//! Reading settings that arrive as environment variables, and making drivers of them.

use std::sync::Arc;

use cutover_base::secret::Secret;
use url::Url;

use crate::call::Provider;
use crate::driver::daytona::{DaytonaConfig, DaytonaDriver};
use crate::driver::e2b::{E2bConfig, E2bDriver};
use crate::driver::http::HttpClients;
use crate::driver::{DriverResult, SandboxDriver};

/// A setting that is missing or cannot be used; the text names the variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingError(pub(crate) String);

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

/// A variable that is set and not empty; the SDKs take an empty one as unset.
pub(crate) fn filled(get: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    get(name)
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

/// A variable that holds a base URL.
pub(crate) fn base_url(
    get: &dyn Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<Url>, SettingError> {
    filled(get, name)
        .map(|text| parse_base(&text).map_err(|why| SettingError(format!("{name}: {why}"))))
        .transpose()
}

/// Reads a base URL: `http` or `https` with a host.
pub(crate) fn parse_base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is not a URL ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("`{text}` is not an http or https URL"));
    }
    Ok(url)
}

/// A base URL with a path and a query added to it. Segments are percent-encoded.
pub(crate) fn route(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}
