//! `--state-dir`: what outlives a stand-in. The keys are kept here, by the command; each
//! stand-in has a folder of its own below for what it keeps.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::standin::key::is_key;
use crate::call::Provider;

/// The format of `state.json`. Readers refuse another name or number.
const FORMAT: &str = "cutover.standin/1";

/// Bytes of `state.json` at most; it holds two keys.
const STATE_BYTES_MAX: u64 = 64 << 10;

#[derive(Debug, Serialize, Deserialize)]
struct State {
    format: String,
    /// By provider.
    #[serde(default)]
    keys: BTreeMap<String, String>,
}

/// A locked state folder. Dropping it frees the lock, and takes away what was made for nothing.
#[derive(Debug)]
pub(crate) struct StateDir {
    path: PathBuf,
    state: State,
    /// Held as long as the stand-ins run; the kernel frees it however the process ends.
    _lock: File,
    made: Made,
}

/// Files and folders that were not there before, in the order in which they were made.
#[derive(Debug, Default)]
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            // What somebody else put something into stays.
            let _ = std::fs::remove_file(path).or_else(|_| std::fs::remove_dir(path));
        }
    }
}

impl StateDir {
    /// Makes the folder if it is not there, locks it, and reads what is kept in it.
    ///
    /// # Errors
    /// When it cannot be made, is another stand-in's, or holds what this version cannot read.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let wrong = |what: String| format!("--state-dir {}: {what}", path.display());
        let mut made = Made::default();
        make_folders(path, &mut made).map_err(|error| wrong(error.to_string()))?;
        let lock_path = path.join("lock");
        let was_there = lock_path.symlink_metadata().is_ok();
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(&lock_path)
            .map_err(|error| wrong(format!("lock: {error}")))?;
        if !was_there {
            made.0.push(lock_path);
        }
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                // It is the other one's now, whoever made it.
                made.0.clear();
                return Err(wrong(
                    "another stand-in uses it; stop that one first, or choose \
                                  another folder (`both` serves two from one)"
                        .to_owned(),
                ));
            }
            Err(TryLockError::Error(error)) => return Err(wrong(format!("lock: {error}"))),
        }
        let state = read(&path.join("state.json")).map_err(wrong)?;
        // Tried with a file that goes again: a folder that can be read may still refuse a write.
        tempfile::NamedTempFile::new_in(path).map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            path: path.to_owned(),
            state,
            _lock: lock,
            made,
        })
    }

    /// The key of the last time.
    pub(crate) fn key(&self, provider: Provider) -> Option<String> {
        self.state.keys.get(provider.name()).cloned()
    }

    /// The folder in which a stand-in keeps what is its own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn folder(&self, provider: Provider) -> Result<PathBuf, String> {
        let path = self.path.join(provider.name());
        private_folder(&path)
            .map_err(|error| format!("--state-dir {}: {error}", path.display()))?;
        Ok(path)
    }

    /// Keeps the keys in use; from now on the folder stays.
    ///
    /// # Errors
    /// When the disk is full; then the file is as it was.
    pub(crate) fn keep(&mut self, keys: Vec<(Provider, String)>) -> Result<(), String> {
        self.made.0.clear();
        for (provider, key) in keys {
            self.state.keys.insert(provider.name().to_owned(), key);
        }
        let path = self.path.join("state.json");
        self.write(&path)
            .map_err(|error| format!("--state-dir {}: {error}", path.display()))
    }

    /// Whole or not at all, and private: a temporary file has mode 0600 from its beginning.
    fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.path)?;
        let text = serde_json::to_string_pretty(&self.state)?;
        writeln!(file, "{text}")?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

fn make_folders(path: &Path, made: &mut Made) -> std::io::Result<()> {
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|it| !it.as_os_str().is_empty() && !it.exists())
        .collect();
    for folder in missing.into_iter().rev() {
        private_folder(folder)?;
        made.0.push(folder.to_owned());
    }
    if path.is_dir() {
        Ok(())
    } else {
        Err(std::io::ErrorKind::NotADirectory.into())
    }
}

fn private_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn read(path: &Path) -> Result<State, String> {
    let facts = match path.symlink_metadata() {
        Ok(facts) => facts,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(State {
                format: FORMAT.to_owned(),
                keys: BTreeMap::new(),
            });
        }
        Err(error) => return Err(format!("state.json: {error}")),
    };
    if !facts.is_file() || facts.len() > STATE_BYTES_MAX {
        return Err("state.json is no file that a stand-in has written".to_owned());
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("state.json: {error}"))?;
    // The text may hold keys, so no error shows a piece of it.
    let broken = || "state.json is broken; take it away to begin anew".to_owned();
    let named: serde_json::Value = serde_json::from_str(&text).map_err(|_| broken())?;
    match named.get("format").and_then(|format| format.as_str()) {
        Some(FORMAT) => {}
        Some(other) => {
            return Err(format!(
                "state.json has format `{}`, and this version reads `{FORMAT}`",
                other.chars().take(40).collect::<String>().escape_debug()
            ));
        }
        None => return Err(broken()),
    }
    let state: State = serde_json::from_value(named).map_err(|_| broken())?;
    for provider in [Provider::E2b, Provider::Daytona] {
        let key = state.keys.get(provider.name());
        if key.is_some_and(|key| !is_key(provider, key)) {
            return Err(format!(
                "state.json: the key of {provider} has a wrong shape"
            ));
        }
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const KEY: &str = "e2b_0011223344556677";

    #[test]
    fn a_key_is_kept_and_private() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a/b");
        let mut state = StateDir::open(&path).unwrap();
        assert_eq!(state.key(Provider::E2b), None);
        state.keep(vec![(Provider::E2b, KEY.to_owned())]).unwrap();
        drop(state);
        let state = StateDir::open(&path).unwrap();
        assert_eq!(state.key(Provider::E2b).as_deref(), Some(KEY));
        assert_eq!(state.key(Provider::Daytona), None);
        let mode = |name: &str| {
            let facts = std::fs::metadata(path.join(name)).unwrap();
            facts.permissions().mode() & 0o777
        };
        assert_eq!(
            (mode("state.json"), mode("lock"), mode("")),
            (0o600, 0o600, 0o700)
        );
    }

    #[test]
    fn two_never_share_a_folder() {
        let place = tempfile::tempdir().unwrap();
        let first = StateDir::open(place.path()).unwrap();
        let error = StateDir::open(place.path()).unwrap_err();
        assert!(error.contains("another stand-in uses it"), "{error}");
        drop(first);
        StateDir::open(place.path()).unwrap();
    }

    #[test]
    fn what_was_made_for_nothing_goes_away() {
        let place = tempfile::tempdir().unwrap();
        drop(StateDir::open(&place.path().join("x/y")).unwrap());
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_showing_it() {
        for (text, part) in [
            ("{", "is broken"),
            ("{}", "is broken"),
            (r#"{"format":"cutover.standin/2"}"#, "`cutover.standin/2`"),
            (
                r#"{"format":"cutover.standin/1","keys":{"e2b":"hunter2hunter2"}}"#,
                "wrong shape",
            ),
            (r#"{"format":"cutover.standin/1","keys":7}"#, "is broken"),
        ] {
            let place = tempfile::tempdir().unwrap();
            std::fs::write(place.path().join("state.json"), text).unwrap();
            let error = StateDir::open(place.path()).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
            assert!(!error.contains("hunter"), "{error}");
        }
    }

    #[test]
    fn a_place_that_is_no_folder_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(StateDir::open(&file).is_err());
        assert!(StateDir::open(&file.join("below")).is_err());
        assert!(file.exists());
    }
}
