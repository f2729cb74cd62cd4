//! The program as a child: started, waited for, measured, stopped.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// How long anything may take; far more than it does.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// A running `cutover standin`.
pub(crate) struct Served {
    child: Child,
    /// What it printed, settings and the rest.
    pub(crate) printed: Vec<String>,
    /// The settings.
    pub(crate) env: BTreeMap<String, String>,
    /// Held, so that its pipe stays open.
    pub(crate) out: BufReader<ChildStdout>,
    /// Its own temporary folder, which must be empty in the end.
    pub(crate) temp: TempDir,
}

/// A command in an environment of its own.
pub(crate) fn cutover(args: &[&str], temp: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("TMPDIR", temp.path())
        .current_dir(temp.path())
        .stdin(Stdio::null())
        .arg("standin")
        .args(args);
    command
}

/// Runs a command that ends by itself.
pub(crate) fn run(args: &[&str]) -> Output {
    let temp = tempfile::tempdir().unwrap();
    let output = cutover(args, &temp).output().unwrap();
    assert_eq!(left(&temp), Vec::<String>::new(), "{args:?}");
    output
}

/// What stands in a folder.
pub(crate) fn left(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

impl Served {
    /// Starts it and waits for its ready line.
    pub(crate) fn start(args: &[&str]) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let mut command = cutover(args, &temp);
        Self::from(&mut command, temp)
    }

    pub(crate) fn from(command: &mut Command, temp: TempDir) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut printed = Vec::new();
        loop {
            let mut line = String::new();
            let read = out.read_line(&mut line).unwrap();
            if read == 0 {
                let rest = child.wait_with_output().unwrap();
                panic!("{printed:?} {}", String::from_utf8_lossy(&rest.stderr));
            }
            printed.push(line.trim_end().to_owned());
            if line.starts_with("# cutover standin ready: ") {
                break;
            }
        }
        let pairs = printed.iter().filter_map(|line| line.split_once('='));
        let env = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            env: env.collect(),
            child,
            printed,
            out,
            temp,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Peak memory of the server itself, in KiB.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let words = line.unwrap().split_whitespace().nth(1);
        words.unwrap().parse().unwrap()
    }

    /// Processes below the server, whatever namespace they are in.
    pub(crate) fn children(&self) -> usize {
        let mut parents: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else {
                continue;
            };
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
                continue;
            };
            let after = stat.rsplit_once(')').unwrap().1;
            let mut fields = after.split_whitespace();
            let state = fields.next().unwrap();
            let parent = fields.next().unwrap().parse().unwrap();
            if state != "Z" {
                parents.entry(parent).or_default().push(pid);
            }
        }
        let mut next = vec![self.pid()];
        let mut found = 0;
        while let Some(pid) = next.pop() {
            let children = parents.remove(&pid).unwrap_or_default();
            found += children.len();
            next.extend(children);
        }
        found
    }

    /// Open file descriptors of the server: what a leaked connection, pipe or watcher would hold.
    pub(crate) fn descriptors(&self) -> usize {
        let folder = fs::read_dir(format!("/proc/{}/fd", self.pid()));
        folder.unwrap().count()
    }

    /// Mounts that the server sees.
    pub(crate) fn mounts(&self) -> usize {
        let text = fs::read_to_string(format!("/proc/{}/mountinfo", self.pid()));
        text.unwrap().lines().count()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// Waits for its end: exit code, stderr, and what is left in its temporary folder.
    pub(crate) fn finish(mut self) -> (Option<i32>, String, Vec<String>) {
        let mut stderr = self.child.stderr.take().unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stderr, &mut text).unwrap();
        let status = self.child.wait().unwrap();
        assert!(!text.contains("panicked"), "{text}");
        (status.code(), text, left(&self.temp))
    }

    /// Asserts that all is well after the signal that ended it.
    pub(crate) fn stop_after_signal(self) {
        let (code, text, left) = self.finish();
        assert_eq!((code, left), (Some(0), Vec::new()), "{text}");
    }

    /// Stops it politely, and asserts that all is well.
    pub(crate) fn stop(self) {
        self.signal(Signal::SIGTERM);
        self.stop_after_signal();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Only after a failure: a stopped one has been waited for, and its number may be another's.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
