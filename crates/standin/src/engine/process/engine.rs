//! Makes sandboxes that are folders.

use std::sync::Arc;

use async_trait::async_trait;

use super::sandbox::ProcessSandbox;
use crate::engine::{Engine, EngineError, EngineSandbox, Profile};

/// Runs commands on the host without isolation.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessEngine;

impl ProcessEngine {
    /// Makes the engine; it holds nothing.
    pub const fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Engine for ProcessEngine {
    fn name(&self) -> &'static str {
        "process"
    }

    fn capabilities(&self) -> Vec<String> {
        let mut capabilities = vec!["pty".to_owned(), "network".to_owned()];
        capabilities.extend(crate::engine::programs::found());
        capabilities
    }

    async fn create(&self, _profile: &Profile) -> Result<Arc<dyn EngineSandbox>, EngineError> {
        let sandbox = ProcessSandbox::new()
            .map_err(|error| EngineError::internal("make a sandbox folder", &error))?;
        Ok(Arc::new(sandbox))
    }
}
