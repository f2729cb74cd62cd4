//! What is to be served and how.

use std::path::PathBuf;

use cutover_base::secret::Secret;
use cutover_standin::fault::Fault;

use crate::call::Provider;
use crate::stage::EngineChoice;

/// Settings of the stand-ins, each checked.
#[derive(Debug)]
pub(crate) struct Settings {
    /// One per stand-in, E2B first.
    pub(crate) doors: Vec<Door>,
    /// `None` when it was not understood.
    pub(crate) engine: Option<EngineChoice>,
    /// The Docker image of their sandboxes, where it is not the engine's own choice.
    pub(crate) image: Option<String>,
    /// How many times as fast as real time; `None` is real time itself.
    pub(crate) speed: Option<f64>,
    pub(crate) state_dir: Option<PathBuf>,
    pub(crate) env_file: Option<PathBuf>,
    pub(crate) log: Option<PathBuf>,
    pub(crate) allow_network: bool,
    /// Memory of one sandbox, in bytes.
    pub(crate) memory_bytes_max: u64,
    /// What the log hides beside the stand-ins' keys.
    pub(crate) secrets: Vec<Secret>,
}

/// One stand-in.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) provider: Provider,
    pub(crate) port: u16,
    pub(crate) key: Option<String>,
    pub(crate) faults: Vec<Fault>,
}
