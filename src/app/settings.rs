//! `cutover.yaml` in the folder in which cutover is started.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::app::error::AppError;
use crate::plan::{Accounts, DeclaredSecret, read_secrets, read_settings};
use crate::scenario::render;

/// The file.
const SETTINGS: &str = "cutover.yaml";

/// What the file says, or what holds without one.
#[derive(Debug, Clone, Default)]
pub(crate) struct UserSettings {
    /// What a run may ask of the providers.
    pub(crate) accounts: Accounts,
    /// How long a call is waited for that names no guard of its own.
    pub(crate) guard: Option<Duration>,
    /// Secrets of the user's own.
    pub(crate) secrets: Vec<DeclaredSecret>,
}

impl UserSettings {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    /// Every problem of it.
    pub(crate) fn read() -> Result<Self, AppError> {
        let path = Path::new(SETTINGS);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path)
            .map_err(|error| AppError::usage(format!("`{SETTINGS}` cannot be read: {error}")))?;
        match (
            read_settings(SETTINGS, &text),
            read_secrets(SETTINGS, &text),
        ) {
            (Ok(settings), Ok(secrets)) => Ok(Self {
                accounts: settings.accounts,
                guard: settings.guard,
                secrets,
            }),
            (settings, secrets) => {
                let mut problems = settings.err().unwrap_or_default();
                problems.extend(secrets.err().unwrap_or_default());
                Err(AppError::usage(render(&problems)))
            }
        }
    }
}
