//! A run of many cases by the built program: its memory to the end, how long its reports take, and
//! how near it comes to the ideal for its jobs when the stand-ins are 50 ms away. Budgets: 10 000
//! cases under 150 MiB, reports in 4 s, within 3 % of the ideal in runs of 60 s or more. Figures are
//! shown, not asserted.
//!
//! `cargo bench --bench many` plays 10 000 cases, and then as many as take a minute; `-- memory N`
//! and `-- ideal N` play N of one kind.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark stops at the first surprise, prints what it measured, and polls"
)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

const JOBS: u32 = 8;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => {
            memory(10_000);
            ideal(600);
        }
        ["memory", count] => memory(count.parse().unwrap()),
        ["ideal", count] => ideal(count.parse().unwrap()),
        _ => {
            eprintln!("cargo bench --bench many -- [memory N | ideal N]");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// What was measured of one run.
struct Measured {
    peak_kib: u64,
    /// From the first line of the journal to its last.
    ran: Duration,
    /// From the last line of the journal to the end of the program.
    reports: Duration,
    /// What the sides took, together.
    sides: Duration,
}

fn memory(count: usize) {
    let run = run(count, &[]);
    println!(
        "{count} cases: {} MiB at most, {:.1} s, and {:.1} s for the reports",
        run.peak_kib / 1024,
        run.ran.as_secs_f64(),
        run.reports.as_secs_f64()
    );
}

fn ideal(count: usize) {
    let latency = [
        "--fault",
        "source=latency:50ms",
        "--fault",
        "target=latency:50ms",
    ];
    let run = run(count, &latency);
    let ideal = run.sides / JOBS;
    println!(
        "{count} cases with 50 ms latency: {:.1} s at {JOBS} jobs, the ideal is {:.1} s: {:+.1} %",
        run.ran.as_secs_f64(),
        ideal.as_secs_f64(),
        100.0 * (run.ran.as_secs_f64() / ideal.as_secs_f64() - 1.0)
    );
}

fn run(count: usize, args: &[&str]) -> Measured {
    let dir = tempfile::tempdir().unwrap();
    let scenarios = dir.path().join("scenarios/many");
    fs::create_dir_all(&scenarios).unwrap();
    let ledger = "format: cutover.quirks/1\nquirks: []\n";
    fs::write(dir.path().join("scenarios/quirks.yaml"), ledger).unwrap();
    for number in 0..count {
        let text = format!("why: one of many\nsteps:\n  - execute: 'echo {number}'\n");
        fs::write(scenarios.join(format!("case-{number:05}.yaml")), text).unwrap();
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .current_dir(dir.path())
        .args(["run", "--jobs", &JOBS.to_string()])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let peak_kib = watch(&mut child);
    let ended = Timestamp::now();
    assert!(child.wait().unwrap().success());
    let journal = dir.path().join("reports/latest/events.ndjson");
    measured(&journal, peak_kib, ended)
}

/// The most memory that it ever had.
fn watch(child: &mut Child) -> u64 {
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    peak
}

fn measured(journal: &Path, peak_kib: u64, ended: Timestamp) -> Measured {
    let mut sides = Duration::ZERO;
    let (mut first, mut last) = (None, ended);
    for line in fs::read_to_string(journal).unwrap().lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let time = |value: &Value| {
            value
                .as_str()
                .map(|text| text.parse::<Timestamp>().unwrap())
        };
        let Some(at) = time(&event["at"]) else {
            continue;
        };
        if event["event"]["run_planned"].is_object() {
            first = Some(at);
        }
        if let Some(began) = time(&event["event"]["side_ended"]["started"]) {
            sides += at.duration_since(began).unsigned_abs();
        }
        last = at;
    }
    Measured {
        peak_kib,
        ran: last.duration_since(first.unwrap()).unsigned_abs(),
        reports: ended.duration_since(last).unsigned_abs(),
        sides,
    }
}
