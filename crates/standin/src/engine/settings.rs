//! What engines are made with.

use std::path::PathBuf;

/// The image of Docker sandboxes for which none is named: small, with bash, and pinned.
pub const DOCKER_IMAGE_DEFAULT: &str = "debian:bookworm-20250113-slim";

/// See the module's description.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EngineSettings {
    /// This binary: `/proc/self/exe` works for the binary itself, even replaced on disk.
    pub helper: PathBuf,
    /// How the Docker engine is made.
    pub docker: DockerSettings,
}

impl EngineSettings {
    /// With everything ordinary.
    pub fn new(helper: impl Into<PathBuf>) -> Self {
        Self {
            helper: helper.into(),
            docker: DockerSettings::default(),
        }
    }
}

/// How the Docker engine is made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DockerSettings {
    /// Where the daemon listens, as `DOCKER_HOST` says it; `None` looks where Docker puts it.
    pub host: Option<String>,
    /// The folder of the user's own sockets, as `XDG_RUNTIME_DIR` says it.
    pub runtime_dir: Option<PathBuf>,
    /// Refuse an image that is not here instead of pulling it.
    pub never_pull: bool,
    /// The images that sandboxes will be made of; none means [`DOCKER_IMAGE_DEFAULT`].
    pub images: Vec<WantedImage>,
}

/// An image that sandboxes will be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedImage {
    /// Its name, as `docker pull` takes it.
    pub name: String,
    /// Programs that it must have, with whole paths: what the stand-in runs commands by.
    pub programs: Vec<String>,
}
