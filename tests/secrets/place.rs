//! A folder of its own, and the built program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::known::{SECRETS, settings};

/// No single thing that a test awaits takes this long, even on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

pub(crate) struct Place {
    dir: TempDir,
}

/// How a run of the program ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    /// Both streams.
    pub(crate) text: String,
}

impl Place {
    /// With an empty ledger and no settings.
    pub(crate) fn new() -> Self {
        let place = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        place.write(
            "scenarios/quirks.yaml",
            "format: cutover.quirks/1\nquirks: []\n",
        );
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn reports(&self) -> PathBuf {
        self.path().join("reports")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The settings that declare the user's own secrets.
    pub(crate) fn declare(&self) {
        self.write("cutover.yaml", &settings());
    }

    /// The program in an environment that holds nothing of the tester's.
    pub(crate) fn cutover(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
        command
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// The program with every secret in its environment.
    pub(crate) fn knowing(&self, args: &[&str]) -> Command {
        let mut command = self.cutover(args);
        for secret in &SECRETS {
            command.env(secret.variable, secret.value);
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        finish(self.cutover(args))
    }

    pub(crate) fn run_knowing(&self, args: &[&str]) -> Ran {
        finish(self.knowing(args))
    }

    /// The folder of the only run.
    pub(crate) fn run_folder(&self) -> PathBuf {
        let latest = self.reports().join("latest");
        fs::canonicalize(latest).unwrap()
    }

    pub(crate) fn journal(&self) -> String {
        fs::read_to_string(self.run_folder().join("events.ndjson")).unwrap()
    }
}

pub(crate) fn finish(mut command: Command) -> Ran {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Ran {
        code: output.status.code(),
        text: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    }
}

/// A program in the background that does not outlive the test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Polls a condition; panics when it does not come true in time.
pub(crate) fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < DEADLINE, "{what} did not happen in time");
        std::thread::sleep(Duration::from_millis(10));
    }
}
