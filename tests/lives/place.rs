//! A folder of its own with scenarios of its own, and the built program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::leftovers::{Family, mounts};

/// No single thing that a test awaits takes this long, even on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A case that is busy until it is interrupted.
pub(crate) const BUSY: &str = "why: it is busy when the run is interrupted\nsteps:\n  \
     - execute: { cmd: 'sleep 311 & sleep 312', timeout: 300s }\n";

/// A case that both sides do alike.
pub(crate) const PLAIN: &str = "why: a neighbour that must not notice anything\nsteps:\n  \
     - execute: 'echo hello; sleep 0.2; ls -a /home/user'\n  \
     - write_file: { path: /home/user/f, data: abc }\n  \
     - read_file: /home/user/f\n";

pub(crate) struct Place {
    dir: TempDir,
    tmp: PathBuf,
    mounts: Vec<String>,
}

/// How a run of the program ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    /// Both streams.
    pub(crate) text: String,
}

/// A run that goes on.
pub(crate) struct Running {
    pub(crate) child: Child,
    log: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tmp = dir.path().join("tmp");
        fs::create_dir(&tmp).unwrap();
        let place = Self {
            dir,
            tmp,
            mounts: mounts(),
        };
        place.write(
            "scenarios/quirks.yaml",
            "format: cutover.quirks/1\nquirks: []\n",
        );
        place
    }

    /// A place with these cases, named after their place in the list from `case1`.
    pub(crate) fn with(cases: &[&str]) -> Self {
        let place = Self::new();
        for (index, text) in cases.iter().enumerate() {
            place.write(&format!("scenarios/x/case{}.yaml", index + 1), text);
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A program in this place with an environment that holds nothing of the tester's.
    pub(crate) fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("TMPDIR", &self.tmp);
        command
    }

    pub(crate) fn cutover(&self, args: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_cutover"));
        command.args(args);
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.start(self.cutover(args)).finish()
    }

    /// Starts in the background, with both streams in a file.
    pub(crate) fn start(&self, mut command: Command) -> Running {
        let log = tempfile::NamedTempFile::new_in(self.path()).unwrap();
        let (file, path) = log.keep().unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        Running { child, log: path }
    }

    /// The events of the only run, as far as they are written.
    pub(crate) fn events(&self) -> Vec<Value> {
        let Some(folder) = self.run_folder() else {
            return Vec::new();
        };
        let text = fs::read(folder.join("events.ndjson")).unwrap_or_default();
        String::from_utf8_lossy(&text)
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    pub(crate) fn run_folder(&self) -> Option<PathBuf> {
        let entries = fs::read_dir(self.path().join("reports")).ok()?;
        entries
            .filter_map(Result::ok)
            .find(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| entry.path())
    }

    pub(crate) fn report(&self) -> Value {
        let path = self.run_folder().unwrap().join("report.json");
        let report: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/report.schema.json");
        let schema: Value = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
        let checked = jsonschema::validate(&schema, &report);
        assert!(
            checked.is_ok(),
            "{:?}",
            checked.map_err(|error| error.to_string())
        );
        report
    }

    /// The report's word on a case: `case1` and so on.
    pub(crate) fn case(&self, name: &str) -> Value {
        let report = self.report();
        let id = format!("provider/x/{name}");
        let cases = report["cases"].as_array().unwrap();
        let found = cases.iter().find(|case| case["id"] == id.as_str());
        found
            .unwrap_or_else(|| panic!("no case {id} in {report}"))
            .clone()
    }

    /// Sandboxes that the journal says were made, and those it says were destroyed.
    pub(crate) fn sandboxes(&self) -> (Vec<String>, Vec<String>) {
        let events = self.events();
        let of = |kind: &str| -> Vec<String> {
            let mut ids: Vec<String> = events
                .iter()
                .filter_map(|event| event["event"][kind]["sandbox"].as_str())
                .map(str::to_owned)
                .collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        (of("created"), of("destroyed"))
    }

    /// Nothing of the program is left on the machine beside its run folder.
    pub(crate) fn assert_clean(&self) {
        let left: Vec<_> = fs::read_dir(&self.tmp).unwrap().collect();
        assert!(left.is_empty(), "left in TMPDIR: {left:?}");
        let new: Vec<String> = mounts()
            .into_iter()
            .filter(|mount| !self.mounts.contains(mount))
            .filter(|mount| mount.contains("cutover") || mount.contains(&self.marker()))
            .collect();
        assert!(new.is_empty(), "left mounted: {new:?}");
    }

    fn marker(&self) -> String {
        self.path().display().to_string()
    }

    /// Every sandbox that was made was destroyed.
    pub(crate) fn assert_destroyed(&self) -> usize {
        let (created, destroyed) = self.sandboxes();
        assert_eq!(created, destroyed, "made and destroyed");
        created.len()
    }
}

impl Running {
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Everything that descends from the program, taken while it stands still.
    pub(crate) fn freeze(&self) -> Family {
        self.signal(Signal::SIGSTOP);
        // The signal is only sent by now: a thread may still come to the end of a write.
        await_that("a standstill", || self.stands_still());
        Family::of(self.child.id())
    }

    fn stands_still(&self) -> bool {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        tasks.filter_map(Result::ok).all(|task| {
            let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            stat.is_empty() || stat.contains(") T ")
        })
    }

    /// That it has not ended before what a test waits for.
    pub(crate) fn assert_runs(&self) {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let runs = stat.is_ok_and(|stat| !stat.contains(") Z "));
        assert!(runs, "it ended too early\n{}", self.said());
    }

    pub(crate) fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// The most memory it ever had, in KiB, while it runs.
    pub(crate) fn peak_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    pub(crate) fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn finish(mut self) -> Ran {
        let what = format!("the end of {}", self.child.id());
        let start = Instant::now();
        while !self.ended() {
            if start.elapsed() > DEADLINE {
                self.child.kill().unwrap();
                self.child.wait().unwrap();
                panic!("{what} did not come\n{}", self.said());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ran {
            code: self.child.wait().unwrap().code(),
            text: self.said(),
        }
    }

    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }
}

impl Drop for Running {
    /// A test that fails leaves nothing running.
    fn drop(&mut self) {
        // Both fail when it has ended already, which is the usual way.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Polls a condition; panics with `what` when it does not come true in time.
pub(crate) fn await_that(what: &str, holds: impl FnMut() -> bool) {
    await_within(DEADLINE, what, holds);
}

/// The same with a limit of its own.
pub(crate) fn await_within(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "{what} did not happen in time");
        std::thread::sleep(Duration::from_millis(5));
    }
}
