//! Run ids and run folders: `reports/<YYYYMMDDTHHMMSSZ-4hex>/` and the link `reports/latest`.

use std::io;
use std::path::{Path, PathBuf};

use cutover_base::clock::Clock;
use jiff::Timestamp;

/// The name of the journal inside a run folder.
pub const JOURNAL_FILE: &str = "events.ndjson";

/// The folder of large values inside a run folder.
pub const BLOBS_DIR: &str = "blobs";

/// The link to the newest run inside the folder of runs.
pub const LATEST_LINK: &str = "latest";

/// Tries to find a free name; 16 bits of chance within one second make a second try rare.
const NAME_TRIES_MAX: u32 = 32;

/// The folder of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    /// The run's id, which is the folder's name.
    pub id: String,
    /// The folder.
    pub path: PathBuf,
}

impl RunFolder {
    /// Where the values that are too large for the journal lie.
    pub fn blobs(&self) -> PathBuf {
        self.path.join(BLOBS_DIR)
    }
}

/// Why a run folder could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`: {error}", path.display())]
pub struct FolderError {
    /// What was tried, e.g. `create the run folder`.
    pub action: &'static str,
    /// Where.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub error: io::Error,
}

/// The id of a run begun at `at`: `20260102T030405Z-00ff`.
pub fn run_id(at: Timestamp, chance: u16) -> String {
    format!("{}-{chance:04x}", at.strftime("%Y%m%dT%H%M%SZ"))
}

/// Makes a new run folder with its `blobs/` under `out`, and points `out/latest` at it.
///
/// # Errors
/// When `out` cannot be written, or `out/latest` is something other than a link.
pub fn create_run_folder(out: &Path, clock: &Clock) -> Result<RunFolder, FolderError> {
    std::fs::create_dir_all(out).map_err(|error| fail("create the folder of runs", out, error))?;
    let at = clock.now();
    let mut tries = 0;
    let folder = loop {
        tries += 1;
        let [first, second, ..] = uuid::Uuid::new_v4().into_bytes();
        let id = run_id(at, u16::from_be_bytes([first, second]));
        let path = out.join(&id);
        match std::fs::create_dir(&path) {
            Ok(()) => break RunFolder { id, path },
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists && tries < NAME_TRIES_MAX => {}
            Err(error) => return Err(fail("create the run folder", &path, error)),
        }
    };
    let blobs = folder.blobs();
    let made = std::fs::create_dir(&blobs)
        .map_err(|error| fail("create the folder", &blobs, error))
        .and_then(|()| point_latest(out, &folder.id));
    if let Err(error) = made {
        // A run that cannot begin leaves nothing; both are empty, or were not made.
        let _ = std::fs::remove_dir(&blobs);
        let _ = std::fs::remove_dir(&folder.path);
        return Err(error);
    }
    Ok(folder)
}

/// Points `out/latest` at a run, in one step: a reader sees the old run or the new one.
fn point_latest(out: &Path, id: &str) -> Result<(), FolderError> {
    let link = out.join(LATEST_LINK);
    let made = out.join(format!(".{LATEST_LINK}-{id}"));
    std::os::unix::fs::symlink(id, &made).map_err(|error| fail("create the link", &made, error))?;
    std::fs::rename(&made, &link).map_err(|error| {
        // The half-made link is of no use to anybody; that it stays is the smaller trouble.
        let _ = std::fs::remove_file(&made);
        fail("replace the link", &link, error)
    })
}

/// The run folders under `out`, oldest first: those that hold a journal.
///
/// # Errors
/// When `out` cannot be listed. A missing `out` holds no runs.
pub fn list_runs(out: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let entries = match std::fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(fail("list", out, error)),
    };
    let mut runs = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| fail("list", out, error))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && entry.path().join(JOURNAL_FILE).is_file() {
            runs.push(entry.path());
        }
    }
    runs.sort();
    Ok(runs)
}

fn fail(action: &'static str, path: &Path, error: io::Error) -> FolderError {
    FolderError {
        action,
        path: path.to_owned(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_utc_time_and_four_hex() {
        let at: Timestamp = "2026-01-02T03:04:05.6Z".parse().unwrap();
        assert_eq!(run_id(at, 0xff), "20260102T030405Z-00ff");
    }

    #[test]
    fn the_link_follows_the_newest_run_and_is_relative() {
        let out = tempfile::tempdir().unwrap();
        let first = create_run_folder(out.path(), &Clock::new()).unwrap();
        let second = create_run_folder(out.path(), &Clock::new()).unwrap();
        assert_ne!(first.id, second.id);
        assert!(second.blobs().is_dir());
        let link = std::fs::read_link(out.path().join("latest")).unwrap();
        assert_eq!(link, PathBuf::from(&second.id));
        let names = std::fs::read_dir(out.path()).unwrap().count();
        assert_eq!(names, 3, "nothing half-made is left");
    }

    #[test]
    fn a_folder_named_latest_is_an_error_that_names_it() {
        let out = tempfile::tempdir().unwrap();
        std::fs::create_dir(out.path().join("latest")).unwrap();
        let error = create_run_folder(out.path(), &Clock::new()).unwrap_err();
        assert!(error.to_string().contains("latest"), "{error}");
        let names = std::fs::read_dir(out.path()).unwrap().count();
        assert_eq!(names, 1, "nothing was created");
    }

    #[test]
    fn only_folders_with_a_journal_are_runs() {
        let out = tempfile::tempdir().unwrap();
        let run = create_run_folder(out.path(), &Clock::new()).unwrap();
        assert!(list_runs(out.path()).unwrap().is_empty());
        std::fs::write(run.path.join(JOURNAL_FILE), "").unwrap();
        assert_eq!(list_runs(out.path()).unwrap(), [run.path]);
        assert!(list_runs(&out.path().join("nowhere")).unwrap().is_empty());
    }
}
