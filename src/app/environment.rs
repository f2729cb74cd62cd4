//! What the application may know of the process it runs in, as values.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;
use cutover_standin::engine::EngineSettings;

use crate::app::error::AppError;
use crate::app::secrets::Known;
use crate::app::settings::UserSettings;

/// The process's environment, read once by the command line.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    /// Its variables, as far as they are text.
    pub(crate) variables: BTreeMap<String, String>,
    /// Arguments as they were typed, without the program's name.
    pub(crate) args: Vec<String>,
    /// The path of this program, for the engine's helper.
    pub(crate) program: PathBuf,
    /// The folder for temporary files.
    pub(crate) temporary: PathBuf,
    /// What `cutover.yaml` says.
    pub(crate) settings: UserSettings,
}

impl Environment {
    /// A variable; empty counts as unset, as it does for the official SDKs.
    pub(crate) fn var(&self, name: &str) -> Option<String> {
        self.variables
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
    }

    /// A redactor of every secret that the environment holds.
    pub(crate) fn redactor(&self) -> Redactor {
        Redactor::new(self.hidden())
    }

    /// Every secret that the environment holds.
    pub(crate) fn hidden(&self) -> Vec<Secret> {
        self.known().secrets
    }

    /// Every secret that the environment holds, and those for scenarios.
    ///
    /// # Errors
    /// Every one that is not set, or that could not be hidden.
    pub(crate) fn secrets(&self) -> Result<Known, AppError> {
        let known = self.known();
        if known.problems.is_empty() {
            Ok(known)
        } else {
            Err(AppError::usage(known.problems.join("\nerror: ")))
        }
    }

    /// What engines are made with here, without images of one's own.
    pub(crate) fn engine(&self) -> EngineSettings {
        let mut settings = EngineSettings::new(&self.program);
        settings.docker.host = self.var("DOCKER_HOST");
        settings.docker.runtime_dir = self.var("XDG_RUNTIME_DIR").map(PathBuf::from);
        settings
    }

    fn known(&self) -> Known {
        Known::of(&|name| self.var(name), self.settings.hidden())
    }
}
