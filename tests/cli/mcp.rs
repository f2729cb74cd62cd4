//! `cutover mcp` as an MCP client starts and ends it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::support::check;

struct Served {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

fn command(args: &[&str], variables: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cutover"))
        .arg("mcp")
        .args(args)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

impl Served {
    fn start(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = command(args, variables);
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    /// Sends a line and reads the next one.
    fn ask(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer
    }

    /// The exit code and what was said on standard error, once it has ended.
    fn ended(self) -> (Option<i32>, String) {
        let Self {
            mut child,
            input,
            mut output,
        } = self;
        let code = child.wait().unwrap().code();
        drop(input);
        let (mut rest, mut told) = (String::new(), String::new());
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "more than was asked for");
        child.stderr.unwrap().read_to_string(&mut told).unwrap();
        (code, told)
    }
}

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
const PONG: &str = "{\"result\":{},\"jsonrpc\":\"2.0\",\"id\":1}\n";

#[test]
fn a_signal_ends_it_with_0_while_it_waits_for_input() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut served = Served::start(&["--stack", "lap-337"], &[("SESSION_ID", "s")]);
        assert_eq!(served.ask(PING), PONG);
        let id = i32::try_from(served.child.id()).unwrap();
        kill(Pid::from_raw(id), signal).unwrap();
        let (code, told) = served.ended();
        assert_eq!(code, Some(0), "{signal}: {told}");
        assert_eq!(
            told,
            "[sandbox-mcp] mode=platform base=<unset> session_env=set\n[sandbox-mcp] ready\n"
        );
    }
}

#[test]
fn the_end_of_its_input_ends_it_with_0() {
    let mut served = Served::start(&[], &[]);
    assert_eq!(served.ask(PING), PONG);
    let Served {
        mut child, input, ..
    } = served;
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_stack_says_which_quirks_are_repaired() {
    let call = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"execute"}}"#;
    for (stack, told) in [
        ("lap-337", "no session_id available"),
        ("lap-337+Q01", "LAP_BASE_URL is not set"),
        ("unified", "LAP_BASE_URL is not set"),
    ] {
        let mut served = Served::start(&["--stack", stack], &[]);
        let answer = served.ask(call);
        assert!(answer.contains(told), "{stack}: {answer}");
        served.child.kill().unwrap();
        served.child.wait().unwrap();
    }
}

#[test]
fn over_http_it_says_where_it_answers() {
    let mut served = Served::start(&["--listen", "127.0.0.1:0"], &[]);
    let mut url = String::new();
    served.output.read_line(&mut url).unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert!(url.ends_with("/mcp\n"), "{url}");
    let id = i32::try_from(served.child.id()).unwrap();
    kill(Pid::from_raw(id), Signal::SIGTERM).unwrap();
    assert_eq!(served.ended().0, Some(0));
}

#[test]
fn the_server_of_before_says_so_and_ends_with_its_input() {
    let mut served = Served::start(&["--stack", "lap-direct"], &[("VAULT_URL", "http://v")]);
    let call = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"provision"}}"#;
    let answer = served.ask(call);
    assert!(answer.contains("E2B_API_KEY not set"), "{answer}");
    let Served { child, input, .. } = served;
    drop(input);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("mode=direct-e2b template=base vault=set"),
        "{told}"
    );
}

#[test]
fn a_host_is_told_what_to_start() {
    let given = [("LAP_BASE_URL", "http://p"), ("LAP_AUTH_TOKEN", "sk-x")];
    let told = |args: &[&str]| {
        let output = command(args, &given).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let claude = told(&["config", "--host", "claude"]);
    assert!(
        claude.contains(r#""command":"cutover","args":["mcp"]"#),
        "{claude}"
    );
    assert!(claude.contains("sk-x"), "{claude}");
    let repaired = told(&["config", "--stack", "lap-337+Q03"]);
    let own = r#""command":["cutover","mcp","--stack","lap-337+Q03"]"#;
    assert!(repaired.contains(own), "{repaired}");
    assert!(!told(&["config", "--stack", "lap-337"]).contains(r#""sandbox":"#));
}

#[test]
fn what_cannot_be_served_is_a_mistake_in_usage() {
    let dir = tempfile::tempdir().unwrap();
    for (args, told) in [
        (["mcp", "--stack", "modal"], "unknown stack `modal`"),
        (["mcp", "--stack", "lap-337+x"], "no fix `x`"),
        (["mcp", "--stack", "deployed"], "cannot be served"),
        (["mcp", "--stack", "lap-direct+Q10"], "has no fixes"),
        (["mcp", "--listen", "0.0.0.0:0"], "from other machines"),
        (["mcp", "--listen", "here"], "--listen"),
    ] {
        check(dir.path(), &args, 2, &[told]);
    }
}
