//! What engines leave behind when cutover is killed, and nobody else takes away.

use std::path::Path;

use super::{DockerSettings, EngineError, Swept};

/// Removes what engines of dead processes have left: containers, images, and folders in `temporary`.
///
/// # Errors
/// [`EngineError::Refused`] when the Docker daemon cannot be asked.
#[cfg(feature = "docker")]
pub async fn sweep(settings: &DockerSettings, temporary: &Path) -> Result<Vec<Swept>, EngineError> {
    super::docker::sweep(settings, temporary).await
}

/// Nothing: the engines of this program leave nothing.
///
/// # Errors
/// None.
#[cfg(not(feature = "docker"))]
pub async fn sweep(
    _settings: &DockerSettings,
    _temporary: &Path,
) -> Result<Vec<Swept>, EngineError> {
    Ok(Vec::new())
}
