//! The request log.

use std::fs;
use std::io::BufRead;

use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::child::{Served, until};
use crate::client::{BOTH, Caller, Provider};
use crate::{Case, case};

pub(crate) const CASES: &[Case] = &[
    case("every_request_is_a_line_with_nothing_secret_in_it", lines),
    case("a_client_that_leaves_is_told_as_gone", gone),
    case(
        "a_log_that_nobody_reads_or_that_is_full_stops_nobody",
        broken,
    ),
];

fn read(text: &str) -> Vec<Value> {
    assert!(text.is_ascii() && !text.contains('\u{1b}'), "{text}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn lines(runtime: &Runtime, engine: &str) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("log");
    let mut served = Served::start(&["both", "--engine", engine, "--log", path.to_str().unwrap()]);
    let mut keys = Vec::new();
    let mut ids = Vec::new();
    runtime.block_on(async {
        for provider in BOTH {
            let caller = Caller::new(&served, provider);
            let made = caller.create().await;
            caller.execute(&made, "echo hello").await;
            let odd = format!(
                "/odd?signature=s3cret-signature&x={}&y=%1b%5b2J",
                caller.key
            );
            let sent = caller
                .ask(Method::POST, &odd)
                .header("User-Agent", b"sdk/1 \xff\xc2\x9b".as_slice())
                .body("12345");
            sent.send().await.unwrap();
            caller
                .desk(Method::PUT, "faults", "{\"faults\": [\"reset\"]}")
                .await;
            assert!(caller.ask(Method::GET, "/x").send().await.is_err());
            caller.desk(Method::DELETE, "faults", "").await;
            caller.kill(&made).await;
            keys.push(caller.key.clone());
            ids.push(made.id);
        }
    });
    served.signal(nix::sys::signal::Signal::SIGTERM);
    let mut rest = String::new();
    served.out.read_line(&mut rest).unwrap();
    assert_eq!(rest, "", "the log is not on stdout");
    served.stop_after_signal();
    let text = fs::read_to_string(&path).unwrap();
    for secret in keys.iter().map(String::as_str).chain(["s3cret"]) {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(!text.contains("__cutover"), "{text}");
    for ((provider, id), key) in ["e2b", "daytona"].iter().zip(&ids).zip(["E2B", "DAYTONA"]) {
        lines_of(provider, id, key, &text);
    }
}

/// What the log says of one provider's sandbox and requests.
fn lines_of(provider: &str, id: &str, key: &str, text: &str) {
    let all = read(text);
    let of: Vec<&Value> = all.iter().filter(|it| it["provider"] == provider).collect();
    let find = |part: &str| {
        let found = of
            .iter()
            .find(|it| it["path"].as_str().unwrap().contains(part));
        *found.unwrap_or_else(|| panic!("{part} in {text}"))
    };
    let create = of[0];
    assert_eq!(create["method"], "POST");
    assert_eq!(
        create["sandbox"], id,
        "the new id stands in the create's line"
    );
    let at: jiff::Timestamp = create["at"].as_str().unwrap().parse().unwrap();
    assert!(create["at"].as_str().unwrap().ends_with('Z'), "{at}");
    let run = find(if provider == "e2b" {
        "Process/Start"
    } else {
        "process/execute"
    });
    assert_eq!(
        (&run["status"], &run["end"]),
        (&200.into(), &"complete".into())
    );
    assert_eq!(run["sandbox"], id);
    assert!(run["bytes_in"].as_u64().unwrap() > 10 && run["bytes_out"].as_u64().unwrap() > 10);
    assert!(run["duration_ms"].as_f64().unwrap() > 0.0);
    let odd = find("/odd");
    let path = format!("/odd?signature=<secret>&x=<secret:{key}_API_KEY>&y=%1b%5b2J");
    assert_eq!(odd["path"], path);
    assert_eq!(odd["user_agent"], "sdk/1 \u{fffd}\u{9b}");
    let reset = of.iter().find(|it| it["fault"] == "reset").unwrap();
    assert_eq!(
        (&reset["status"], &reset["end"]),
        (&Value::Null, &"broken".into())
    );
    assert!(of.last().unwrap()["method"] == "DELETE");
}

fn gone(runtime: &Runtime, engine: &str) {
    let mut served = Served::start(&["e2b", "--engine", engine, "--log", "-"]);
    runtime.block_on(async {
        let caller = Caller::new(&served, Provider::E2b);
        let made = caller.create().await;
        let mut response = caller
            .command(&made, "echo first; sleep 30518")
            .send()
            .await
            .unwrap();
        assert!(response.chunk().await.unwrap().is_some());
        drop(response);
        // An upload that stops in its middle.
        let mut half = TcpStream::connect(caller.addr()).await.unwrap();
        let head = "POST /v2/sandboxes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{";
        half.write_all(head.as_bytes()).await.unwrap();
        drop(half);
        let mut whole = TcpStream::connect(caller.addr()).await.unwrap();
        let head = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        whole.write_all(head.as_bytes()).await.unwrap();
        whole.read_to_end(&mut Vec::new()).await.unwrap();
        caller.kill(&made).await;
        until("the sandbox is gone", || served.children() == 0).await;
    });
    served.signal(nix::sys::signal::Signal::SIGTERM);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut served.out, &mut text).unwrap();
    served.stop_after_signal();
    let all = read(&text);
    let start = all
        .iter()
        .find(|it| it["path"] == "/process.Process/Start")
        .unwrap();
    assert_eq!(
        (&start["status"], &start["end"]),
        (&200.into(), &"gone".into())
    );
    assert!(start["bytes_out"].as_u64().unwrap() > 0);
    let health = all.iter().find(|it| it["path"] == "/health").unwrap();
    assert_eq!(health["end"], "complete");
}

fn broken(runtime: &Runtime, engine: &str) {
    let served = Served::start(&["e2b", "--engine", engine, "--log", "/dev/full"]);
    runtime.block_on(async {
        let caller = Caller::new(&served, Provider::E2b);
        for _ in 0..20 {
            caller.ask(Method::GET, "/health").send().await.unwrap();
        }
        let began = std::time::Instant::now();
        // The writer may be behind; in the end all lines are counted as lost.
        while caller.desk(Method::GET, "health", "").await.1["log_lines_lost"] != 20 {
            assert!(began.elapsed() < crate::child::PATIENCE);
        }
    });
    served.signal(nix::sys::signal::Signal::SIGTERM);
    let (code, text, _) = served.finish();
    assert_eq!(code, Some(0));
    assert_eq!(text.matches("lines are lost").count(), 1, "{text}");
    // Standard output is a pipe that fills and that nobody reads: requests go on, memory stays.
    let served = Served::start(&["e2b", "--engine", engine, "--log", "-"]);
    runtime.block_on(async {
        let caller = Caller::new(&served, Provider::E2b);
        let long = format!("/health?{}", "x".repeat(2000));
        for _ in 0..3000 {
            let sent = caller.ask(Method::GET, &long).send().await.unwrap();
            assert!(sent.status().is_success());
        }
        let (_, health) = caller.desk(Method::GET, "health", "").await;
        assert!(health["log_lines_lost"].as_u64().unwrap() > 0, "{health}");
    });
    assert!(served.peak_kib() < 128 * 1024, "{} KiB", served.peak_kib());
    served.stop();
}
