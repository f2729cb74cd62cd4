//! What the application may know of the process it runs in, as values.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;

/// Environment variables whose values are secrets.
const SECRET_VARIABLES: [&str; 6] = [
    "E2B_API_KEY",
    "E2B_ACCESS_TOKEN",
    "DAYTONA_API_KEY",
    "DAYTONA_JWT_TOKEN",
    "CUTOVER_SOURCE_PLATFORM_TOKEN",
    "CUTOVER_TARGET_PLATFORM_TOKEN",
];

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
        self.redactor_with(Vec::new())
    }

    /// A redactor of these secrets too.
    pub(crate) fn redactor_with(&self, mut secrets: Vec<Secret>) -> Redactor {
        for name in SECRET_VARIABLES {
            if let Some(value) = self.var(name)
                && secrets.iter().all(|known| known.expose() != value)
            {
                secrets.push(Secret::new(name, value));
            }
        }
        Redactor::new(secrets)
    }
}
