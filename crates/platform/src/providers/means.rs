//! What whoever runs an endpoint brings along for its providers.

use std::sync::Arc;

use cutover_base::fixes::Fixes;
use cutover_sdk::Observer;
use indexmap::IndexMap;

use crate::settings::Variables;

/// What providers are made with beside the settings.
#[derive(Debug, Clone)]
pub struct Means {
    /// Which quirks of the original are repaired.
    pub fixes: Fixes,
    /// Variables that the SDKs read by themselves: `E2B_API_URL`, `E2B_SANDBOX_URL`, `E2B_DOMAIN`.
    pub variables: Variables,
    /// Labels for every sandbox. Agents do not see them.
    pub labels: IndexMap<String, String>,
    /// Hears every exchange with a provider.
    pub observer: Arc<dyn Observer>,
}
