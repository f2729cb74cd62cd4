//! `cutover run` in a folder of its own, and what it wrote.

use std::fs;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::place::PATIENCE;

/// What every comparison of these tests plays.
const SCENARIOS: [(&str, &str); 3] = [
    (
        "files",
        r#"
why: A file that is written is read.
surfaces: [mcp, platform]
steps:
  - execute: "printf 'a\nb' >/tmp/note; cat /tmp/note"
  - read_file: /tmp/note
  - upload_artifact: /tmp/note
"#,
    ),
    (
        "two",
        r#"
why: Two sandboxes have their own files.
surfaces: [mcp, platform]
steps:
  - provision: main
  - provision: other
  - execute: { cmd: "echo main >/tmp/who; cat /tmp/who", sandbox_name: main }
  - execute: { cmd: "cat /tmp/who 2>&1 || true", sandbox_name: other }
"#,
    ),
    (
        "sessions",
        r#"
why: A sandbox that is made for another session than the one of the calls is known too.
surfaces: [platform]
steps:
  - create_session: { as: second }
  - use_session: second
  - http: { method: GET, path: "/api/v1/managed_agents/sessions/${{ session }}" }
    capture: { second: $.body.id }
    compare: { body: { ignore: it names the session and its agent } }
  - use_session: main
  - provision: { name: there, session_id: "${{ second }}" }
"#,
    ),
];

/// A folder with scenarios.
pub(crate) struct Comparison {
    folder: TempDir,
}

/// How a comparison ended.
pub(crate) struct Ended {
    pub(crate) exit: Option<i32>,
    /// Both streams.
    pub(crate) said: String,
    pub(crate) report: Value,
    pub(crate) journal: String,
}

impl Comparison {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("scenarios/agents");
        fs::create_dir_all(&home).unwrap();
        for (name, text) in SCENARIOS {
            fs::write(home.join(format!("{name}.yaml")), text).unwrap();
        }
        Self { folder }
    }

    /// Runs with these arguments and variables.
    pub(crate) async fn run(&self, args: &[&str], variables: &[(String, String)]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
        command
            .args(["run", "--replays", "1"])
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.expect("a run comes to an end").unwrap();
        let both = [output.stdout, output.stderr].concat();
        let written = self.folder.path().join("reports/latest");
        let read = |name: &str| fs::read_to_string(written.join(name)).unwrap_or_default();
        Ended {
            exit: output.status.code(),
            said: String::from_utf8(both).unwrap(),
            report: serde_json::from_str(&read("report.json")).unwrap_or_default(),
            journal: read("events.ndjson"),
        }
    }
}
