//! A copy of a folder, and the program run in it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A private copy of a working folder; removed when dropped.
pub(crate) struct Folder {
    place: TempDir,
}

/// How an invocation ended.
pub(crate) struct Ended {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The text files of the newest run folder, by name; empty where there is none.
    pub(crate) files: Vec<(String, String)>,
}

impl Folder {
    pub(crate) fn copy_of(path: &Path) -> Self {
        let place = tempfile::tempdir().unwrap();
        copy(path, place.path());
        Self { place }
    }

    /// Runs the program as a user in an empty environment would.
    pub(crate) fn run(&self, args: &[String]) -> Ended {
        let output = Command::new(env!("CARGO_BIN_EXE_cutover"))
            .args(args)
            .current_dir(self.place.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .output()
            .unwrap();
        Ended {
            exit: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            files: self.reports(),
        }
    }

    fn reports(&self) -> Vec<(String, String)> {
        let Ok(entries) = fs::read_dir(self.place.path().join("reports/latest")) else {
            return Vec::new();
        };
        entries
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_type().unwrap().is_file())
            .map(|entry| {
                let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
                (entry.file_name().to_string_lossy().into_owned(), text)
            })
            .collect()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
