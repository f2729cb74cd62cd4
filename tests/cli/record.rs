//! `cutover record` between a host and servers that are a few lines of shell.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::support::check;

fn command(at: &Path, args: &[&str], server: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command
        .arg("record")
        .args(args)
        .args(["--", "/bin/sh", "-c", server])
        .current_dir(at)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs to the end with this input.
fn recorded(at: &Path, args: &[&str], server: &str, input: &[u8]) -> Output {
    finish(command(at, args, server).spawn().unwrap(), input)
}

fn finish(mut child: Child, input: &[u8]) -> Output {
    let mut to = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A server that has ended takes nothing more.
        let _ = to.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn scenarios(at: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(at).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.collect();
    found.sort();
    found
}

/// A message that calls a tool.
fn call(id: u32, tool: &str, arguments: &str) -> String {
    format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"tools/call\",\"params\":{{\"name\":\"{tool}\",\"arguments\":{arguments}}}}}\n"
    )
}

/// A server that answers the calls 1, 2, ... with these texts, each when it is asked.
fn answering(texts: &[&str]) -> String {
    let cases = texts.iter().enumerate().map(|(at, text)| {
        let id = at + 1;
        let result = format!(r#"{{"content":[{{"type":"text","text":"{text}"}}]}}"#);
        format!("*'\"id\":{id},'*) printf '%s\\n' '{{\"result\":{result},\"jsonrpc\":\"2.0\",\"id\":{id}}}';;\n")
    });
    let cases: String = cases.collect();
    format!("while IFS= read -r line; do case \"$line\" in {cases} esac; done")
}

#[test]
fn every_byte_passes_in_both_directions() {
    let dir = tempfile::tempdir().unwrap();
    let mut input: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    // A line of 10 MB, and a message behind it without its end.
    input.extend(vec![b'x'; 10_000_000]);
    input.extend_from_slice(b"\n\xff\r\n{\"half\":");
    let output = recorded(
        dir.path(),
        &[],
        "tee copy; echo last words >&2; exit 7",
        &input,
    );
    assert_eq!(output.status.code(), Some(7));
    assert!(
        output.stdout == input,
        "{} bytes came back",
        output.stdout.len()
    );
    assert!(fs::read(dir.path().join("copy")).unwrap() == input);
    let said = said(&output);
    assert!(said.starts_with("last words\n"), "{said}");
    assert!(said.contains("no tool was called"), "{said}");
    assert_eq!(scenarios(dir.path()), [dir.path().join("copy")]);
}

#[test]
fn signals_and_codes_are_passed_on() {
    let dir = tempfile::tempdir().unwrap();
    let loops = "echo ready; while :; do sleep 0.05; done";
    for (signal, trap, code) in [
        (Signal::SIGTERM, "trap 'exit 9' TERM", 9),
        (Signal::SIGINT, "trap 'exit 11' INT", 11),
        (Signal::SIGHUP, "true", 129),
    ] {
        let mut child = command(dir.path(), &[], &format!("{trap}; {loops}"))
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
    }
    let output = recorded(dir.path(), &[], "kill -9 $$", b"");
    assert_eq!(output.status.code(), Some(137));
}

#[test]
fn a_host_that_goes_away_ends_the_server_as_without_us() {
    let dir = tempfile::tempdir().unwrap();
    let server = "while echo line; do :; done 2>/dev/null; exit 5";
    let mut child = command(dir.path(), &[], server).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut begin = [0; 5];
    output.read_exact(&mut begin).unwrap();
    drop(output);
    // The shell ends by the signal of its broken pipe, or sees the failure.
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(5 | 141)), "{code:?}");
}

#[test]
fn a_child_that_holds_the_stream_open_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let output = recorded(
        dir.path(),
        &[],
        "sleep 600 >&1 2>/dev/null & echo all; exit 3",
        b"",
    );
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(output.stdout, b"all\n");
}

/// What an agent called, with a secret in it.
fn session(token: &str) -> [String; 8] {
    [
        call(
            1,
            "provision",
            r#"{"name":"main","session_id":"sess-77aa88bb"}"#,
        ),
        call(
            2,
            "execute",
            r#"{"sandbox_name":"main","cmd":"sleep 99 &"}"#,
        ),
        call(
            3,
            "execute",
            r#"{"sandbox_name":"main","cmd":"kill 4242; echo sess-77aa88bb ${{ x }}"}"#,
        ),
        call(
            4,
            "execute",
            r#"{"sandbox_name":"main","cmd":"cd r && git push"}"#,
        ),
        call(
            5,
            "execute",
            &format!(r#"{{"sandbox_name":"main","cmd":"export K={token}"}}"#),
        ),
        call(
            6,
            "execute",
            r#"{"sandbox_name":"main","cmd":"echo a\n  b"}"#,
        ),
        call(7, "read_file", r#"{"sandbox_name":"main","path":7}"#),
        call(8, "wander", "{}"),
    ]
}

#[test]
fn calls_become_a_scenario_that_is_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let token = format!("ghp_{}", "0a".repeat(15));
    let server = answering(&[
        "Sandbox ready",
        "[1] 4242\\n",
        "gone",
        "pushed",
        "no",
        "done",
        "text",
    ]);
    let input = session(&token);
    // One at a time, as most agents call.
    let mut child = command(at, &["--out", "a.yaml"], &server).spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    let mut from = BufReader::new(child.stdout.take().unwrap());
    for line in &input[..7] {
        to.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        from.read_line(&mut answer).unwrap();
        assert!(answer.starts_with("{\"result\""), "{answer}");
    }
    to.write_all(input[7].as_bytes()).unwrap();
    drop(to);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let told = said(&output);
    assert!(
        told.contains("8 calls: 5 replayed, 1 held back, 2 cannot be replayed"),
        "{told}"
    );
    let text = fs::read_to_string(at.join("a.yaml")).unwrap();
    for part in [
        "  - provision: \"main\"\n",
        "    capture:\n      value_1: { field: text, pattern:",
        "\"kill ${{ value_1 }}; echo ${{ session }} $${{ x }}\"",
        "held back, as it changes something outside (git push)",
        "# - execute: \"cd r && git push\"",
        "it holds a secret",
        "  - execute: |-\n      echo a\n        b\n",
        "  - call_tool:\n",
        "`wander` is no tool",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
    assert!(
        !text.contains(&token) && !text.contains("sess-77aa88bb"),
        "{text}"
    );
    check(at, &["check", "a.yaml"], 0, &["1 scenario"]);
    check(at, &["list", "a.yaml"], 0, &["mcp/a"]);
}

#[test]
fn a_file_is_never_taken_from_another() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    fs::write(at.join("there.yaml"), "mine").unwrap();
    for (out, told) in [
        ("there.yaml", "is there already"),
        ("no/such/a.yaml", "--out: no file"),
    ] {
        let output = recorded(at, &["--out", out], "touch started", b"");
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(told), "{}", said(&output));
        assert!(!at.join("started").exists(), "the server was started");
    }
    assert_eq!(fs::read_to_string(at.join("there.yaml")).unwrap(), "mine");
    fs::remove_file(at.join("there.yaml")).unwrap();
    // Two at once, without a name and with the same one.
    let input = call(1, "execute", r#"{"sandbox_name":"main","cmd":"ls"}"#);
    for args in [&[][..], &["--out", "same.yaml"]] {
        let both = [0, 1].map(|_| {
            command(at, args, "echo up; cat >/dev/null")
                .spawn()
                .unwrap()
        });
        let both = both.map(|mut child| {
            let mut up = [0; 3];
            child.stdout.as_mut().unwrap().read_exact(&mut up).unwrap();
            child
        });
        for child in both {
            assert_eq!(finish(child, input.as_bytes()).status.code(), Some(0));
        }
    }
    let found = scenarios(at);
    assert_eq!(found.len(), 4, "{found:?}");
    check(at, &["check", "same.yaml"], 0, &[]);
}

#[test]
fn a_server_that_dies_leaves_what_was_called() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let input = call(1, "execute", r#"{"sandbox_name":"main","cmd":"ls"}"#);
    let output = recorded(
        at,
        &["--out", "a.yaml"],
        "read line; exit 4",
        input.as_bytes(),
    );
    assert_eq!(output.status.code(), Some(4));
    let text = fs::read_to_string(at.join("a.yaml")).unwrap();
    assert!(text.contains("was not answered"), "{text}");
    check(at, &["check", "a.yaml"], 0, &[]);
    let missing = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["record", "--", "no-such-server"])
        .current_dir(at)
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert!(said(&missing).contains("`no-such-server` cannot be started"));
}

#[test]
fn a_full_disk_takes_nothing_from_the_session() {
    let dir = tempfile::tempdir().unwrap();
    let input = call(1, "execute", r#"{"sandbox_name":"main","cmd":"ls"}"#);
    // No file may be written at all; the signal that the system sends besides is ignored.
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" record -- cat";
    let child = Command::new("/bin/sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_cutover")])
        .current_dir(dir.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("TMPDIR", dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = finish(child, input.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, input.as_bytes());
    assert!(
        said(&output).contains("cannot be written"),
        "{}",
        said(&output)
    );
    assert_eq!(scenarios(dir.path()), Vec::<PathBuf>::new());
}
