//! Cheap requests per second of a stand-in, by ten clients over kept connections, with the
//! server's peak memory (a thousand a second on 2 cores without an error, two thousand `stat`).
//!
//! `cargo bench --bench standin` runs ten seconds per row; `-- --seconds N` another time.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at the first surprise"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CLIENTS: usize = 10;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let named = words.iter().position(|word| word == "--seconds");
    let seconds = named.map_or(10, |at| words[at + 1].parse().unwrap());
    // `cargo test --benches` only asks whether it runs at all.
    let tested = words.iter().any(|word| word == "--test");
    let time = Duration::from_secs(if tested { 1 } else { seconds });
    for provider in ["e2b", "daytona"] {
        bench(provider, time);
    }
}

fn bench(provider: &str, time: Duration) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["standin", provider])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut settings = BTreeMap::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some((name, value)) = line.split_once('=') {
            settings.insert(name.to_owned(), value.to_owned());
        }
        if line.starts_with("# cutover standin ready") {
            break;
        }
    }
    for (name, request) in rows(provider, &settings) {
        let addr = addr(provider, &settings);
        let (answers, errors, slowest) = load(&addr, &request, time);
        let rate = f64::from(answers) / time.as_secs_f64();
        println!(
            "{provider:8} {name:12} {rate:7.0} requests/s  {errors} errors  slowest {} ms  peak {} MiB",
            slowest.as_millis(),
            peak_kib(&child) / 1024
        );
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert!(child.wait().unwrap().success());
}

fn addr(provider: &str, settings: &BTreeMap<String, String>) -> String {
    let url = match provider {
        "e2b" => &settings["E2B_API_URL"],
        _ => &settings["DAYTONA_API_URL"],
    };
    let rest = url.trim_start_matches("http://");
    rest.split('/').next().unwrap_or(rest).to_owned()
}

/// The requests, ready to be written.
fn rows(provider: &str, settings: &BTreeMap<String, String>) -> Vec<(&'static str, String)> {
    let addr = addr(provider, settings);
    let post = |path: &str, key: &str, body: &str| {
        let mut stream = TcpStream::connect(&addr).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {addr}\r\n{key}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        serde_json::from_str::<serde_json::Value>(body).unwrap()
    };
    let get = |path: &str, headers: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\n{headers}\r\n\r\n")
    };
    if provider == "e2b" {
        let key = format!("X-API-Key: {}", settings["E2B_API_KEY"]);
        let made = post(
            "/v2/sandboxes",
            &key,
            "{\"templateID\":\"base\",\"timeout\":3600}",
        );
        let id = made["sandboxID"].as_str().unwrap();
        let token = made["envdAccessToken"].as_str().unwrap();
        let body = "{\"path\":\"/home/user\"}";
        let stat = format!(
            "POST /filesystem.Filesystem/Stat HTTP/1.1\r\nHost: {addr}\r\nE2b-Sandbox-Id: {id}\r\n\
             E2b-Sandbox-Port: 49983\r\nX-Access-Token: {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        return vec![
            ("get sandbox", get(&format!("/sandboxes/{id}"), &key)),
            ("list", get("/v2/sandboxes?limit=10", &key)),
            ("file stat", stat),
        ];
    }
    let key = format!("Authorization: Bearer {}", settings["DAYTONA_API_KEY"]);
    let made = post("/api/sandbox", &key, "{}");
    let id = made["id"].as_str().unwrap();
    let stat = format!("/toolbox/{id}/files/info?path=/home/user");
    vec![
        ("get sandbox", get(&format!("/api/sandbox/{id}"), &key)),
        ("list", get("/api/sandbox?limit=10", &key)),
        ("file stat", get(&stat, &key)),
    ]
}

/// Answers, errors, and the slowest answer.
fn load(addr: &str, request: &str, time: Duration) -> (u32, u32, Duration) {
    let clients: Vec<(u32, u32, Duration)> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| client(addr, request, time)))
            .collect();
        let joined = clients.into_iter().map(|client| client.join().unwrap());
        joined.collect()
    });
    clients
        .into_iter()
        .fold((0, 0, Duration::ZERO), |sum, one| {
            (sum.0 + one.0, sum.1 + one.1, sum.2.max(one.2))
        })
}

fn client(addr: &str, request: &str, time: Duration) -> (u32, u32, Duration) {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut answers, mut errors, mut slowest) = (0, 0, Duration::ZERO);
    let began = Instant::now();
    while began.elapsed() < time {
        let sent = Instant::now();
        stream.write_all(request.as_bytes()).unwrap();
        if answer(&mut reader) == 200 {
            answers += 1;
        } else {
            errors += 1;
        }
        slowest = slowest.max(sent.elapsed());
    }
    (answers, errors, slowest)
}

/// Reads one answer whole; its status.
fn answer(reader: &mut BufReader<TcpStream>) -> u16 {
    let (mut status, mut length) = (0, 0);
    let mut line = String::new();
    loop {
        line.clear();
        assert!(
            reader.read_line(&mut line).unwrap() > 0,
            "the server closed"
        );
        let text = line.trim_end().to_ascii_lowercase();
        if let Some(rest) = text.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().unwrap();
        } else if let Some(value) = text.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        } else if text.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    status
}

/// Peak memory of the server itself.
fn peak_kib(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let words = line.unwrap().split_whitespace().nth(1);
    words.unwrap().parse().unwrap()
}
