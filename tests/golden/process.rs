//! Steps that need the built program: a server that a signal ends, and the generator.

use std::process::Stdio;

use cutover::surface::ToolClient;
use cutover_js::{Array, Object, Value};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::value::object;

/// Variables of a process, by name.
pub(crate) type Variables = Vec<(String, String)>;

/// An MCP server in a process of its own. Dropped, it is killed.
pub(crate) struct Process {
    child: Child,
    /// Takes what it says on standard error once it is ready, so that it never waits.
    _listening: JoinSet<()>,
}

fn command(args: &[&str], variables: &Variables) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command
        .arg("mcp")
        .args(args)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(variables.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl Process {
    /// Starts the MCP server of a stack; its client, and its lines on standard error.
    pub(crate) async fn start(stack: &str, variables: &Variables) -> (Self, ToolClient, Array) {
        let mut child = command(&["--stack", stack], variables).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut lines = Array::default();
        while let Some(line) = told.next_line().await.unwrap() {
            let is_ready = line.ends_with(" ready");
            lines.push(line.as_str());
            if is_ready {
                break;
            }
        }
        let mut listening = JoinSet::new();
        listening.spawn(async move { while let Ok(Some(_)) = told.next_line().await {} });
        let (write, read) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let client = ToolClient::connect(read, write).await.unwrap();
        let process = Self {
            child,
            _listening: listening,
        };
        (process, client, lines)
    }

    /// Sends a signal; how the process ended.
    pub(crate) async fn stop(mut self, signal: &str) -> Value {
        let signal: Signal = signal.parse().unwrap();
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        kill(Pid::from_raw(id), signal).unwrap();
        let ended = self.child.wait().await.unwrap();
        let code = ended
            .code()
            .map_or(Value::Null, |code| f64::from(code).into());
        // Where there is a code there is no signal; one that ended it shows by the missing code.
        object(&[("code", code), ("signal", Value::Null)])
    }
}

/// Runs the generator of an MCP configuration; its exit code and what it printed.
pub(crate) async fn generate(stack: &str, variables: &Variables) -> Value {
    let mut child = command(&["config", "--stack", stack], variables)
        .spawn()
        .unwrap();
    let mut printed = String::new();
    let mut output = child.stdout.take().unwrap();
    output.read_to_string(&mut printed).await.unwrap();
    let code = child.wait().await.unwrap().code();
    let code = code.map_or(Value::Null, |code| f64::from(code).into());
    object(&[("exit", code), ("stdout", printed.as_str().into())])
}

/// What is set in recorded variables.
pub(crate) fn variables(of: Option<&Value>) -> Variables {
    let members = of
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Object::iter);
    let text = |(name, value): (&cutover_js::Text, &Value)| {
        Some((name.to_string(), value.as_text()?.to_string()))
    };
    members.filter_map(text).collect()
}
