//! `cutover run --mcp COMMAND`: an MCP server that is not ours on both sides, in order and not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Completion;
use tokio::runtime::Runtime;

use crate::comparison::{Comparison, Ended};
use crate::place::{Place, until};
use crate::required::without;
use crate::{Case, Outcome, case};

pub(crate) const CASES: &[Case] = &[
    case("a_server_of_others_is_compared", compared),
    case("a_server_that_does_not_start_says_why", no_start),
    case("a_server_that_dies_or_talks_rubbish_is_no_parity", broken),
];

/// The server of these tests, by a name that no other process has, so that those that are left over
/// can be found.
struct Server {
    folder: tempfile::TempDir,
}

impl Server {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents/server.py");
        fs::copy(server, folder.path().join("server.py")).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("server.py")
    }

    /// Runs at surface mcp with it, and waits until it is nowhere any more.
    async fn compared(&self, command: &str) -> Ended {
        let command = command.replace("SERVER", &self.path().display().to_string());
        let args = ["--surface", "mcp", "--mcp", &command];
        let ended = Comparison::new().run(&args, &[]).await;
        let marker = self.folder.path().display().to_string();
        until("no server is left", || processes(&marker).is_empty()).await;
        ended
    }
}

/// Why the server cannot run here.
fn no_python() -> Option<String> {
    let asked = Command::new("python3").arg("--version").output();
    asked.err().map(|error| format!("python3: {error}"))
}

/// The processes whose command lines name something.
fn processes(marker: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(marker)).collect()
}

fn compared(runtime: &Runtime, _: &Place) -> Outcome {
    if let Some(missing) = no_python() {
        return without("python3", missing);
    }
    let ended = runtime.block_on(Server::new().compared("exec python3 SERVER"));
    assert_eq!(ended.exit, Some(0), "{}", ended.said);
    let cases = ended.report["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let verdict = case["verdict"].as_str().unwrap();
        assert!(
            ["identical", "equivalent"].contains(&verdict),
            "{}",
            ended.said
        );
    }
    // A shell of its own between us and the server, and a child beside it.
    let within = "sleep 300 SERVER & python3 SERVER; true";
    let ended = runtime.block_on(Server::new().compared(within));
    assert_eq!(ended.exit, Some(0), "{}", ended.said);
    Ok(Completion::Completed)
}

/// Every case is a failure of the harness that says this.
fn failed(ended: &Ended, told: &str) {
    assert_eq!(ended.exit, Some(3), "{}", ended.said);
    for case in ended.report["cases"].as_array().unwrap() {
        assert_eq!(case["verdict"], "harness_error", "{}", ended.said);
        assert_eq!(case["ending"], "clean", "{}", ended.said);
    }
    assert!(ended.said.contains(told), "{told:?} in {}", ended.said);
}

fn no_start(runtime: &Runtime, _: &Place) -> Outcome {
    if let Some(missing) = no_python() {
        return without("python3", missing);
    }
    for (command, told) in [
        ("no-such-server SERVER", "no-such-server: not found"),
        ("python3 SERVER never", "no licence for this machine"),
        ("python3 SERVER.py", "No such file or directory"),
        ("echo SERVER is not a server", "a line that is no JSON"),
    ] {
        failed(&runtime.block_on(Server::new().compared(command)), told);
    }
    Ok(Completion::Completed)
}

fn broken(runtime: &Runtime, _: &Place) -> Outcome {
    if let Some(missing) = no_python() {
        return without("python3", missing);
    }
    for (mode, told) in [
        ("die", "the MCP server has closed its output"),
        ("rubbish", "the MCP server sent a line that is no JSON"),
    ] {
        let command = format!("sleep 300 SERVER & python3 SERVER {mode}");
        failed(&runtime.block_on(Server::new().compared(&command)), told);
    }
    Ok(Completion::Completed)
}
