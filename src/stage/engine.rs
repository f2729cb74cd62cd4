//! Which engine runs the stand-ins' sandboxes.

use std::str::FromStr;
use std::sync::Arc;

use cutover_standin::engine::{Engine, EngineError, EngineSettings, by_settings};

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineChoice {
    /// Namespaces, else Docker, else an error that says why.
    #[default]
    Auto,
    /// The embedded default.
    Namespaces,
    /// One container per sandbox.
    Docker,
    /// No isolation at all.
    Process,
}

impl EngineChoice {
    /// The word on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Namespaces => "namespaces",
            Self::Docker => "docker",
            Self::Process => "process",
        }
    }
}

impl FromStr for EngineChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Auto, Self::Namespaces, Self::Docker, Self::Process]
            .into_iter()
            .find(|choice| choice.name() == text)
            .ok_or_else(|| {
                format!("unknown engine `{text}`; one of auto, namespaces, docker, process")
            })
    }
}

/// Starts the engine that was asked for.
///
/// # Errors
/// When the engine cannot be used here: cause and cure.
pub async fn choose_engine(
    choice: EngineChoice,
    settings: &EngineSettings,
) -> Result<Arc<dyn Engine>, EngineError> {
    by_settings(choice.name(), settings).await
}
