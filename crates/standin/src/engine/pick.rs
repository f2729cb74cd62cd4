//! Which engine a name means.

use std::path::Path;
use std::sync::Arc;

use super::namespaces::NamespacesEngine;
use super::process::ProcessEngine;
use super::{Engine, EngineError};

/// Makes the engine that `--engine` names: `auto`, `namespaces`, `docker` or `process`.
///
/// `helper` is this binary: `/proc/self/exe` works for the binary itself, even replaced on disk.
///
/// # Errors
/// [`EngineError::Refused`] with cause and cure when the engine cannot be used here or the name
/// is none.
pub async fn by_name(name: &str, helper: &Path) -> Result<Arc<dyn Engine>, EngineError> {
    match name {
        "process" => Ok(Arc::new(ProcessEngine::new())),
        "auto" | "namespaces" => Ok(Arc::new(NamespacesEngine::probed(helper).await?)),
        "docker" => Err(EngineError::Refused {
            cause: "this build has no Docker engine yet".to_owned(),
            cure: "use --engine namespaces, or --engine process (no isolation)".to_owned(),
        }),
        other => Err(EngineError::Refused {
            cause: format!("there is no engine `{other}`"),
            cure: "use one of auto, namespaces, docker, process".to_owned(),
        }),
    }
}
