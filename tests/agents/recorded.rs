//! `cutover record` before MCP servers that do real work: the host sees what it would see without it,
//! and what it called can be played again.

use std::fs;
use std::path::Path;
use std::process::{Command as Plain, Stdio};

use libtest_mimic::Completion;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::runtime::Runtime;

use crate::place::{PATIENCE, Place, until};
use crate::platform::{MASTER_KEY, Platform};
use crate::required::without;
use crate::{Case, Outcome, case};

pub(crate) const CASES: &[Case] = &[
    case("what_our_server_was_asked_is_played_again", ours),
    case("what_a_server_of_others_was_asked_is_played_again", others),
];

fn ours(runtime: &Runtime, place: &Place) -> Outcome {
    let server = [env!("CARGO_BIN_EXE_cutover"), "mcp"].map(str::to_owned);
    runtime.block_on(played_again(place, &server));
    Ok(Completion::Completed)
}

fn others(runtime: &Runtime, place: &Place) -> Outcome {
    if let Err(error) = Plain::new("python3").arg("--version").output() {
        return without("python3", format!("python3: {error}"));
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents/server.py");
    let server = ["python3".to_owned(), script.display().to_string()];
    runtime.block_on(played_again(place, &server));
    Ok(Completion::Completed)
}

/// What came out of a server, byte for byte.
struct Heard {
    answers: Vec<String>,
    said: String,
    exit: Option<i32>,
}

impl Heard {
    /// The text of a tool's answer.
    fn text(&self, at: usize) -> String {
        let answer: Value = serde_json::from_str(&self.answers[at]).unwrap();
        answer["result"]["content"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// Asks a server one message after another; each may need the answers before.
async fn asked(
    command: &[String],
    platform: &Platform,
    folder: &Path,
    messages: &[&dyn Fn(&Heard) -> Value],
) -> Heard {
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .current_dir(folder)
        .env("LAP_BASE_URL", platform.base())
        .env("LAP_AUTH_TOKEN", MASTER_KEY)
        .env_remove("SESSION_ID")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    let mut from = BufReader::new(child.stdout.take().unwrap());
    let mut heard = Heard {
        answers: Vec::new(),
        said: String::new(),
        exit: None,
    };
    for (at, message) in messages.iter().enumerate() {
        let mut message = message(&heard);
        message["jsonrpc"] = "2.0".into();
        message["id"] = at.into();
        to.write_all(format!("{message}\n").as_bytes())
            .await
            .unwrap();
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, from.read_line(&mut line)).await;
        assert!(read.expect("an answer comes").unwrap() > 0, "{message}");
        heard.answers.push(line);
    }
    drop(to);
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.expect("the server ends with its input").unwrap();
    heard.exit = output.status.code();
    heard.said = String::from_utf8(output.stderr).unwrap();
    heard
}

fn call(tool: &str, arguments: &Value) -> Value {
    json!({ "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

fn execute(cmd: &str) -> Value {
    call("execute", &json!({ "sandbox_name": "box", "cmd": cmd }))
}

async fn played_again(place: &Place, server: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let standin = place.standin("e2b").await;
    let platform = Platform::start("e2b", &standin).await;
    let session = platform.session().await;
    let begin: &dyn Fn(&Heard) -> Value = &|_| {
        let params = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        json!({ "method": "initialize", "params": params })
    };
    let list: &dyn Fn(&Heard) -> Value = &|_| json!({ "method": "tools/list" });
    let messages: [&dyn Fn(&Heard) -> Value; 8] = [
        begin,
        list,
        &|_| {
            call(
                "provision",
                &json!({ "name": "box", "session_id": session }),
            )
        },
        &|_| execute("mkdir -p /tmp/x; printf 'one\\ntwo\\n' >/tmp/x/a; cat /tmp/x/a"),
        &|_| execute("(sleep 300 >/dev/null 2>&1 & echo started as $!)"),
        &|heard| {
            let text = heard.text(4);
            let process = text.trim().rsplit(' ').next().unwrap();
            execute(&format!("kill {process} && echo it is gone"))
        },
        &|_| execute("cd /tmp/x && git push origin main 2>&1; true"),
        &|_| {
            call(
                "read_file",
                &json!({ "sandbox_name": "box", "path": "/tmp/x/a" }),
            )
        },
    ];
    let recorder = [
        env!("CARGO_BIN_EXE_cutover"),
        "record",
        "--out",
        "seen.yaml",
        "--",
    ];
    let recorder: Vec<String> = recorder
        .map(str::to_owned)
        .into_iter()
        .chain(server.to_vec())
        .collect();
    let heard = asked(&recorder, &platform, folder.path(), &messages).await;
    assert_eq!(heard.exit, Some(0), "{}", heard.said);
    // Without us the same bytes come.
    let plain = asked(server, &platform, folder.path(), &[begin, list]).await;
    assert_eq!(heard.answers[..2], plain.answers[..2]);
    assert!(
        heard.said.starts_with(&plain.said),
        "{} and {}",
        heard.said,
        plain.said
    );
    assert_eq!(plain.exit, Some(0));
    platform.end(&session).await;
    until("no sandbox is left", || standin.sandboxes().is_empty()).await;
    standin.stop().await;
    compared(&folder, &heard).await;
}

/// Plays the recording, and holds its answers against those that were heard.
async fn compared(folder: &TempDir, heard: &Heard) {
    let text = fs::read_to_string(folder.path().join("seen.yaml")).unwrap();
    assert!(text.contains("kill ${{ value_1 }} && echo"), "{text}");
    assert!(text.contains("held back"), "{text}");
    let run = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["run", "seen.yaml", "--replays", "1"])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, run)
        .await
        .expect("a run ends")
        .unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}\n{text}");
    let report = fs::read_to_string(folder.path().join("reports/latest/report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let case = &report["cases"][0];
    let verdict = case["verdict"].as_str().unwrap();
    assert!(["identical", "equivalent"].contains(&verdict), "{said}");
    let steps: Vec<&Value> = case["steps"].as_array().unwrap().iter().collect();
    // Provision, three commands, the file; what goes out is no step.
    assert_eq!(steps.len(), 5, "{said}");
    for (step, at) in [(1, 3), (3, 5), (4, 7)] {
        let fields = steps[step]["fields"].as_array().unwrap();
        let field = fields
            .iter()
            .find(|field| field["path"] == "$.text")
            .unwrap();
        for side in ["source", "target"] {
            assert_eq!(
                field[side]["values"][0]["text"],
                heard.text(at),
                "{side} {step}"
            );
        }
    }
}
