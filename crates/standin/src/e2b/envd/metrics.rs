//! `GET /metrics`: what the sandbox uses, read inside it (contract 4).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::e2b::envd::call::{Call, DAEMON_PATH};
use crate::engine::{EngineError, Identity, OutputMode, SpawnRequest, StdinMode};

/// One script, so that all numbers are of one moment.
const SCRIPT: &str = "cat /proc/stat /proc/meminfo; df -P -B1 /";

/// Bytes of its output at most: `/proc/stat` of a large machine, with room.
const OUTPUT_BYTES_MAX: u64 = 1 << 20;

/// How long it may take.
const TIME_MAX: Duration = Duration::from_secs(5);

const MIB: u64 = 1 << 20;

/// Reads the numbers.
pub(crate) async fn read(call: &Call) -> Result<Value, EngineError> {
    let request = SpawnRequest {
        argv: ["/bin/sh", "-c", SCRIPT].map(str::to_owned).into(),
        env: BTreeMap::from([("PATH".to_owned(), DAEMON_PATH.to_owned())]),
        cwd: "/".to_owned(),
        identity: Identity::Root,
        stdin: StdinMode::Closed,
        output: OutputMode::TwoPipes,
        new_group: false,
    };
    let process = call.sandbox.engine.spawn(request).await?;
    let mut text = String::new();
    let mut output = process.stdout.take(OUTPUT_BYTES_MAX);
    let read = tokio::time::timeout(TIME_MAX, output.read_to_string(&mut text)).await;
    match read {
        Ok(Ok(_)) => Ok(metrics(&text, call.app.clock.now().as_second())),
        Ok(Err(error)) => Err(EngineError::internal("read metrics", &error)),
        Err(_) => Err(EngineError::Internal("read metrics: too late".to_owned())),
    }
}

/// Makes the answer of the script's output. CPU use is the average since boot.
fn metrics(text: &str, now: i64) -> Value {
    let mut cpus = 0_u32;
    let mut used_pct = 0.0;
    let mut memory = BTreeMap::new();
    let (mut disk_total, mut disk_used) = (0, 0);
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| -> u64 {
            let word = words.get(at).and_then(|word| word.parse().ok());
            word.unwrap_or(0)
        };
        match words.as_slice() {
            ["cpu", times @ ..] => used_pct = busy_pct(times),
            [name, ..] if name.starts_with("cpu") => cpus += 1,
            [name, _, "kB"] => drop(memory.insert((*name).to_owned(), number(1) * 1024)),
            [_, _, _, _, _, "/"] => (disk_total, disk_used) = (number(1), number(2)),
            _ => {}
        }
    }
    let memory = |name: &str| memory.get(name).copied().unwrap_or(0);
    let total = memory("MemTotal:");
    let used = total.saturating_sub(memory("MemAvailable:"));
    json!({
        "ts": now,
        "cpu_count": cpus,
        "cpu_used_pct": used_pct,
        "mem_total_mib": total / MIB,
        "mem_used_mib": used / MIB,
        "mem_total": total,
        "mem_used": used,
        "mem_cache": memory("Cached:"),
        "disk_used": disk_used,
        "disk_total": disk_total,
    })
}

/// The busy share of `/proc/stat`'s times, in percent with two decimals.
fn busy_pct(times: &[&str]) -> f64 {
    let times: Vec<u64> = times.iter().filter_map(|time| time.parse().ok()).collect();
    // User time includes guest time, which stands behind the first eight.
    let all: u64 = times.iter().take(8).sum();
    let idle: u64 = times.iter().skip(3).take(2).sum();
    let hundredths = (all.saturating_sub(idle) * 10_000)
        .checked_div(all)
        .unwrap_or(0);
    f64::from(u32::try_from(hundredths).unwrap_or(0)) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_the_scripts_output() {
        let text = "cpu  10 0 10 70 10 0 0 0 0 0\ncpu0 1 1\ncpu1 1 1\nintr 5\n\
                    MemTotal:  4096 kB\nMemAvailable:  1024 kB\nCached:  512 kB\n\
                    Filesystem 1-blocks Used Available Capacity Mounted on\n\
                    tmpfs 1000 300 700 30% /\n";
        let expected = json!({
            "ts": 5,
            "cpu_count": 2,
            "cpu_used_pct": 20.0,
            "mem_total_mib": 4,
            "mem_used_mib": 3,
            "mem_total": 4096 * 1024,
            "mem_used": 3072 * 1024,
            "mem_cache": 512 * 1024,
            "disk_used": 300,
            "disk_total": 1000,
        });
        assert_eq!(metrics(text, 5), expected);
    }
}
