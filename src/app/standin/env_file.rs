//! `NAME=value` lines that mean the same to a shell and to dotenv.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The settings as lines. A value of plain characters stands bare, another one in single quotes,
/// within which neither a shell nor dotenv changes anything.
///
/// # Errors
/// For a value that the two cannot read alike: with a quote or a line end in it.
pub(crate) fn lines(settings: &[(String, String)]) -> Result<String, String> {
    let mut text = String::new();
    for (name, value) in settings {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c);
        if value.chars().all(plain) {
            text.extend([name, "=", value, "\n"]);
        } else if value.contains(['\'', '\n', '\r', '\\']) {
            return Err(format!(
                "{name}: its value cannot be written for a shell and dotenv alike"
            ));
        } else {
            text.extend([name, "='", value, "'\n"]);
        }
    }
    Ok(text)
}

/// A file that appears whole or not at all, readable by its owner alone.
#[derive(Debug)]
pub(crate) struct EnvFile {
    path: PathBuf,
    draft: NamedTempFile,
}

impl EnvFile {
    /// Makes sure that the file can be written; until then nothing stands under its name.
    ///
    /// # Errors
    /// What is wrong with the place.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let wrong = |what: String| format!("--env-file {}: {what}", path.display());
        // The file that a link leads to is replaced, not the link.
        let path_real = match std::fs::canonicalize(path) {
            Ok(real) if !real.is_file() => {
                return Err(wrong("there is something that is no file".to_owned()));
            }
            Ok(real) => real,
            Err(_) => path.to_owned(),
        };
        let folder = match path_real.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if path_real.file_name().is_none() {
            return Err(wrong("it has no name".to_owned()));
        }
        let draft = NamedTempFile::new_in(folder).map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            path: path_real,
            draft,
        })
    }

    /// Writes it.
    ///
    /// # Errors
    /// When the disk is full or the folder is gone; then the file is as it was.
    pub(crate) fn write(mut self, text: &str) -> Result<(), String> {
        let path = self.path;
        let wrong = |error: std::io::Error| format!("--env-file {}: {error}", path.display());
        self.draft.write_all(text.as_bytes()).map_err(wrong)?;
        self.draft
            .persist(&path)
            .map_err(|error| wrong(error.error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn check(value: &str, expected: Option<&str>) {
        let made = lines(&[("N".to_owned(), value.to_owned())]).ok();
        assert_eq!(made.as_deref(), expected, "{value}");
    }

    #[test]
    fn values_mean_the_same_to_a_shell_and_to_dotenv() {
        for (value, expected) in [
            ("e2b_0a", Some("N=e2b_0a\n")),
            (
                "http://127.0.0.1:3000/api",
                Some("N=http://127.0.0.1:3000/api\n"),
            ),
            ("", Some("N=\n")),
            ("a b", Some("N='a b'\n")),
            ("$HOME`x`#", Some("N='$HOME`x`#'\n")),
            ("it's", None),
            ("a\nb", None),
        ] {
            check(value, expected);
        }
    }

    #[test]
    fn the_file_appears_whole_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env");
        let file = EnvFile::open(&path).unwrap();
        assert!(!path.exists());
        file.write("A=1\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "A=1\n");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(EnvFile::open(&path).unwrap());
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "a draft that is not used goes away");
    }

    #[test]
    fn nothing_but_a_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path(), Path::new("/dev/null"), Path::new("/")] {
            assert!(EnvFile::open(path).is_err(), "{}", path.display());
        }
        assert!(EnvFile::open(&folder.path().join("no/env")).is_err());
    }
}
