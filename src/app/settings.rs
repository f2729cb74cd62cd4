//! `cutover.yaml` in the folder in which cutover is started.

use std::fs;
use std::path::Path;

use crate::app::error::AppError;
use crate::plan::{DeclaredSecret, Settings, SettingsRead, read_settings};
use crate::scenario::{Problem, read_text, render};

/// The file.
const SETTINGS: &str = "cutover.yaml";

/// What the file says, or what holds without one: read once for a command.
#[derive(Debug, Clone, Default)]
pub(crate) struct UserSettings(SettingsRead);

impl UserSettings {
    /// Reads the file, if there is one.
    pub(crate) fn read() -> Self {
        Self::of(Path::new(SETTINGS))
    }

    fn of(path: &Path) -> Self {
        // A link to nowhere is there: somebody means settings to hold.
        let read = if fs::symlink_metadata(path).is_ok() {
            text(path).map_or_else(
                |problems| SettingsRead {
                    settings: Settings::default(),
                    problems,
                },
                |text| read_settings(&path.display().to_string(), &text),
            )
        } else {
            SettingsRead::default()
        };
        Self(read)
    }

    /// What holds.
    ///
    /// # Errors
    /// Every mistake of the file, with its place.
    pub(crate) fn checked(&self) -> Result<&Settings, AppError> {
        if self.0.problems.is_empty() {
            Ok(&self.0.settings)
        } else {
            Err(AppError::usage(render(&self.0.problems)))
        }
    }

    /// The secrets that are to be hidden: with mistakes in the file, as many as could be read.
    pub(crate) fn hidden(&self) -> &[DeclaredSecret] {
        &self.0.settings.secrets
    }

    /// The names that scenarios may use, if they are known for certain.
    pub(crate) fn names(&self) -> Option<Vec<String>> {
        let settings = self.checked().ok()?;
        let names = settings.secrets.iter().map(|secret| secret.name.clone());
        Some(names.collect())
    }
}

fn text(path: &Path) -> Result<String, Vec<Problem>> {
    let file = path.display().to_string();
    match fs::metadata(path) {
        // A pipe would be waited for, a folder has no text.
        Ok(found) if !found.is_file() => Err(vec![Problem::of_file(file, "is no file")]),
        _ => read_text(path),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn whatever_stands_under_the_name_is_read_or_told_and_only_nothing_is_no_settings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cutover.yaml");
        let told = || {
            let read = UserSettings::of(&path);
            assert_eq!(read.names().is_some(), read.checked().is_ok());
            read.checked().err().map(|error| error.to_string())
        };
        assert_eq!(told(), None);
        symlink("nowhere", &path).unwrap();
        assert!(told().unwrap().contains("cannot be read"));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(told().unwrap().contains("is no file"));
        fs::remove_dir(&path).unwrap();
        fs::write(&path, b"format: cutover.settings/1\nguard: \xff\n").unwrap();
        assert!(told().unwrap().contains("cutover.yaml:2:8"), "{:?}", told());
        fs::write(&path, "format: cutover.settings/1\nsecrets: [A_KEY]\n").unwrap();
        assert_eq!(told(), None);
        assert_eq!(UserSettings::of(&path).names().unwrap(), ["A_KEY"]);
    }
}
