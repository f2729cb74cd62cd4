//! Making the providers whose keys are set.

use std::sync::Arc;

use super::daytona::Daytona;
use super::e2b::E2b;
use super::means::Means;
use crate::provider::{Registry, SandboxProvider};
use crate::settings::Settings;

impl Registry {
    /// The providers whose keys are set.
    ///
    /// # Errors
    /// When a URL of [`Means::variables`] is none.
    pub fn connect(settings: &Settings, means: &Means) -> Result<Self, String> {
        let mut providers: Vec<Arc<dyn SandboxProvider>> = Vec::new();
        if let Some(key) = &settings.e2b_api_key {
            providers.push(Arc::new(E2b::new(key.clone(), settings, means)?));
        }
        if let Some(key) = &settings.daytona_api_key {
            let daytona = Daytona::new(key.clone(), settings, means);
            providers.push(Arc::new(daytona));
        }
        Ok(Self::new(providers))
    }
}
