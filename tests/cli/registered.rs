//! `cutover snapshot build` and `cutover template build` against the stand-ins, with the variables that those print.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A running stand-in, which ends with this.
pub(crate) struct Standin {
    child: Child,
    variables: Vec<(String, String)>,
}

impl Standin {
    pub(crate) fn start(provider: &str, at: &Path) -> Self {
        let mut child = command(at)
            .args(["standin", provider])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut variables = Vec::new();
        for line in out.lines() {
            let line = line.unwrap();
            if line.starts_with("# cutover standin ready: ") {
                break;
            }
            if let Some((name, value)) = line.split_once('=') {
                variables.push((name.to_owned(), value.to_owned()));
            }
        }
        assert!(!variables.is_empty(), "the stand-in did not start");
        Self { child, variables }
    }

    /// Runs, and gives the exit code with stdout and stderr together.
    fn run(&self, at: &Path, args: &[&str]) -> (i32, String) {
        let mut command = command(at);
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        let output = command.args(args).envs(variables).output().unwrap();
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        for (name, value) in &self.variables {
            let is_key = name.ends_with("_KEY");
            assert!(!is_key || !text.contains(value), "{name} is shown: {text}");
        }
        (output.status.code().unwrap_or(-1), text)
    }

    pub(crate) fn check(&self, at: &Path, args: &[&str], exit: i32, said: &[&str]) -> String {
        let (code, text) = self.run(at, args);
        assert_eq!(code, exit, "{args:?}\n{text}");
        for part in said {
            assert!(text.contains(part), "{args:?} should say {part:?}\n{text}");
        }
        text
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap());
        let _gone = kill(pid, Signal::SIGTERM);
        let _gone = self.child.wait();
    }
}

fn command(at: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command
        .current_dir(at)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn folder(at: &Path, name: &str, files: &[(&str, &str)]) {
    for (file, text) in files {
        let path = at.join(name).join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn a_snapshot_is_built_left_refused_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let standin = Standin::start("daytona", at);
    let text = "ARG WORD=hello\nFROM debian:12\nARG WORD\nRUN echo said: $WORD\n";
    folder(at, "daytona", &[("Dockerfile", text)]);
    let build = ["snapshot", "build", "--name", "s"];
    standin.check(
        at,
        &build,
        0,
        &[
            "| said: hello",
            "is active",
            "DAYTONA_SNAPSHOT=s\n",
            "SANDBOX_CHOICE=daytona\n",
        ],
    );
    standin.check(at, &build, 0, &["nothing to do"]);
    let other = [&build[..], &["--build-arg", "WORD=bye"]].concat();
    standin.check(at, &other, 2, &["is another (state active)", "--replace"]);
    let replaced = [&other[..], &["--replace"]].concat();
    standin.check(
        at,
        &replaced,
        0,
        &["removing the old snapshot s", "| said: bye"],
    );
    let large = [&build[..], &["--cpu", "8", "--replace"]].concat();
    standin.check(
        at,
        &large,
        2,
        &["CPU request 8 exceeds maximum allowed per sandbox (4)."],
    );
}

#[test]
fn a_build_that_fails_exits_3_and_says_what_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let standin = Standin::start("daytona", at);
    folder(
        at,
        "daytona",
        &[("Dockerfile", "FROM debian:12\nRUN echo begin; false\n")],
    );
    let build = ["snapshot", "build", "--name", "s"];
    standin.check(
        at,
        &build,
        3,
        &[
            "error: the snapshot s came to build_failed",
            "keeps the name",
            "curl -X DELETE",
        ],
    );
    standin.check(
        at,
        &build,
        2,
        &["is the same, but its build came to build_failed"],
    );
}
