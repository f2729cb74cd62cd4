//! The command line: what is printed, written, refused and left.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use tokio::runtime::Runtime;

use crate::child::{Served, cutover, run, until};
use crate::client::{BOTH, Caller, Provider};
use crate::{Case, case};

pub(crate) const CASES: &[Case] = &[
    case(
        "settings_work_in_a_shell_and_stand_before_the_ready_line",
        settings,
    ),
    case(
        "everything_wrong_is_said_at_once_and_nothing_is_made",
        problems,
    ),
    case("a_state_folder_keeps_the_keys_and_is_one_stand_ins", state),
    case("signals_destroy_the_sandboxes", signals),
    case("a_closed_or_full_stdout_is_no_panic", stdout),
    case("the_clock_runs_as_it_is_told", clock),
];

fn settings(_: &Runtime, engine: &str) {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("standin.env");
    let place = tempfile::tempdir().unwrap();
    let file_text = file.to_str().unwrap();
    let mut command = cutover(
        &["both", "--engine", engine, "--env-file", file_text],
        &place,
    );
    let served = Served::from(&mut command, place);
    let written = fs::read_to_string(&file).unwrap();
    let settings = &served.printed[..served.printed.len() - 1];
    assert_eq!(written.lines().collect::<Vec<_>>(), settings);
    // The whole output, ready line included, is a file that a shell can source.
    let script = "set -eu -a; . /dev/stdin; set +a; \
                  /usr/bin/env | /usr/bin/grep -E '^(E2B|DAYTONA)_' | /usr/bin/sort";
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    let mut shell = shell
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = served.printed.join("\n");
    std::io::Write::write_all(&mut shell.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let seen = String::from_utf8(shell.wait_with_output().unwrap().stdout).unwrap();
    let mut expected: Vec<&str> = settings.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(seen.lines().collect::<Vec<_>>(), expected);
    served.stop();
    assert!(file.exists());
}

fn problems(_: &Runtime, engine: &str) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let port = format!("daytona={port}");
    let output = run(&[
        "both",
        "--engine",
        engine,
        "--port",
        &port,
        "--key",
        "letmein-letmein",
        "--clock-speed",
        "fast",
        "--fault",
        "gremlins",
        "--state-dir",
        "/proc/nowhere",
        "--log",
        "/proc/nowhere/log",
        "--env-file",
        "/proc/nowhere/env",
    ]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(output.stdout, b"");
    for part in [
        "--clock-speed: `fast`",
        "--key:",
        "--fault: unknown fault",
        "in use",
        "--state-dir",
        "--log",
        "--env-file",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(text.lines().count(), 7, "{text}");
    assert!(!text.contains("letmein"), "{text}");
    // One problem, and what the others would have made is not there; `run` asserts it.
    let output = run(&[
        "e2b",
        "--engine",
        engine,
        "--fault",
        "gremlins",
        "--state-dir",
        "state/below",
        "--log",
        "log",
        "--env-file",
        "env",
    ]);
    assert_eq!(output.status.code(), Some(2));
}

fn state(runtime: &Runtime, engine: &str) {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().to_str().unwrap();
    let args = ["both", "--engine", engine, "--state-dir", folder];
    let first = Served::start(&args);
    let keys =
        |served: &Served| ["E2B_API_KEY", "DAYTONA_API_KEY"].map(|name| served.env[name].clone());
    let kept = keys(&first);
    let second = run(&args);
    let text = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(2), "{text}");
    assert!(text.contains("another stand-in uses it"), "{text}");
    first.stop();
    let again = Served::start(&args);
    assert_eq!(keys(&again), kept);
    for provider in BOTH {
        let caller = Caller::new(&again, provider);
        assert_eq!(runtime.block_on(caller.count()), 0);
    }
    again.stop();
    let given = "e2b_00112233445566778899aabbccddeeff00112233";
    let served = Served::start(&["e2b", "--engine", engine, "--key", given]);
    assert_eq!(served.env["E2B_API_KEY"], given);
    served.stop();
}

fn signals(runtime: &Runtime, engine: &str) {
    for signals in [
        vec![Signal::SIGINT],
        vec![Signal::SIGHUP],
        vec![Signal::SIGTERM, Signal::SIGINT, Signal::SIGTERM],
    ] {
        let served = Served::start(&["both", "--engine", engine]);
        let before = served.mounts();
        runtime.block_on(async {
            for provider in BOTH {
                let caller = Caller::new(&served, provider);
                let made = caller.create().await;
                caller
                    .execute(&made, "sleep 30517 >/dev/null 2>&1 & echo up")
                    .await;
            }
        });
        assert!(served.children() > 0);
        assert_eq!(served.mounts(), before);
        for signal in &signals {
            served.signal(*signal);
        }
        let marked = sleepers();
        let (code, text, left) = served.finish();
        assert_eq!((code, left), (Some(0), Vec::new()), "{signals:?} {text}");
        runtime.block_on(until("the commands are gone", || {
            marked.iter().all(|pid| !is_sleep(*pid))
        }));
    }
}

/// Commands of the sandboxes; they may have been killed already, and then there is none.
fn sleepers() -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    entries
        .filter_map(|entry| entry.file_name().to_string_lossy().parse().ok())
        .filter(|pid| is_sleep(*pid))
        .collect()
}

fn is_sleep(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line == b"sleep\x0030517\x00")
}

fn stdout(_: &Runtime, engine: &str) {
    // Nobody reads: it serves on, and ends on a signal.
    let temp = tempfile::tempdir().unwrap();
    let script = "\"$0\" standin e2b --engine \"$1\" --env-file env >&- & \
                  until [ -s env ]; do kill -0 $! || exit 9; /bin/sleep 0.05; done; kill -TERM $!; wait $!";
    let output = Command::new("/bin/sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_cutover"), engine])
        .current_dir(temp.path())
        .env("TMPDIR", temp.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    // A disk that is full under the settings is a failure, told as one.
    let temp = tempfile::tempdir().unwrap();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = cutover(&["e2b", "--engine", engine], &temp)
        .stdout(full)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("stdout"), "{text}");
}

fn clock(runtime: &Runtime, engine: &str) {
    let fast = Served::start(&["e2b", "--engine", engine, "--clock-speed", "10000"]);
    runtime.block_on(async {
        let caller = Caller::new(&fast, Provider::E2b);
        caller.create().await;
        let began = std::time::Instant::now();
        while caller.count().await > 0 {
            assert!(began.elapsed() < crate::child::PATIENCE, "600 s are 60 ms");
        }
    });
    runtime.block_on(until("the sandbox is gone", || fast.children() == 0));
    fast.stop();
    let halted = Served::start(&["both", "--engine", engine, "--clock-speed", "0"]);
    runtime.block_on(async {
        for provider in BOTH {
            let caller = Caller::new(&halted, provider);
            caller.create().await;
            let (_, first) = caller.desk(reqwest::Method::GET, "clock", "").await;
            let advance = "{\"advance_seconds\": 86400}";
            let (status, then) = caller.desk(reqwest::Method::POST, "clock", advance).await;
            assert_eq!((status, &then["speed"]), (200, &0.0.into()));
            let at = |clock: &serde_json::Value| -> jiff::Timestamp {
                clock["now"].as_str().unwrap().parse().unwrap()
            };
            assert_eq!(at(&then).duration_since(at(&first)).as_secs(), 86_400);
            let ended = |facts: &serde_json::Value| {
                let all = facts["sandboxes"].as_array().unwrap();
                all.iter().all(|it| it["state"] == "stopped")
            };
            let began = std::time::Instant::now();
            // E2B's is gone, Daytona's is stopped by its automatic stop.
            while !ended(&caller.desk(reqwest::Method::GET, "sandboxes", "").await.1) {
                assert!(began.elapsed() < crate::child::PATIENCE);
            }
        }
    });
    halted.stop();
}
