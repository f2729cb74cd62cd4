//! Ports, measurements, and the parts of the daemon that need more than a sandbox has
//! (contract 2.6).

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use crate::daytona::reply::iso;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, Usage};

/// The ports that the daemon looks at.
const PORTS: std::ops::RangeInclusive<u16> = 3000..=9999;

/// The kernel's tables of connections, as those inside see them.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// Bytes of such a table that are read: far more connections than a sandbox may have open files.
const TABLE_BYTES_MAX: u64 = 16 << 20;

/// Time between two measurements of the processors.
const APART: Duration = Duration::from_millis(100);

/// Cores of every sandbox here, as its DTO says.
const CORES: u32 = 1;

/// `GET /port`: where something listens. The daemon looks once a second, so its list may be older.
pub(super) async fn ports(machine: &Machine) -> Value {
    let listening = listening(machine).await;
    let ports: Vec<u16> = listening
        .into_iter()
        .filter(|p| PORTS.contains(p))
        .collect();
    json!({"ports": ports})
}

/// `GET /port/{port}/in-use`.
pub(super) async fn is_in_use(machine: &Machine, port: &str) -> Result<Value, ToolError> {
    let number: i64 = port
        .parse()
        .map_err(|_| ToolError::bad("invalid port: must be a number between 3000 and 9999"))?;
    let port = u16::try_from(number)
        .ok()
        .filter(|port| PORTS.contains(port));
    let port =
        port.ok_or_else(|| ToolError::bad("port out of range: must be between 3000 and 9999"))?;
    Ok(json!({"isInUse": listening(machine).await.contains(&port)}))
}

async fn listening(machine: &Machine) -> BTreeSet<u16> {
    let mut ports = BTreeSet::new();
    for table in TABLES {
        // A kernel without the newer protocol has no table of it.
        let Ok(file) = machine.engine().read(table, machine.who()).await else {
            continue;
        };
        let mut text = String::new();
        let mut bytes = file.bytes.take(TABLE_BYTES_MAX);
        if bytes.read_to_string(&mut text).await.is_ok() {
            ports.extend(text.lines().filter_map(listening_port));
        }
    }
    ports
}

/// The local port of a line of the table, if it listens (state `0A`).
fn listening_port(line: &str) -> Option<u16> {
    let mut fields = line.split_whitespace();
    let local = fields.nth(1)?;
    let state = fields.nth(1)?;
    let (_, port) = local.rsplit_once(':')?;
    u16::from_str_radix(port, 16).ok().filter(|_| state == "0A")
}

/// `GET /system/metrics`, as the newer client reads it. What cannot be measured is left out.
pub(super) async fn metrics(machine: &Machine) -> Result<Value, ToolError> {
    let began = Instant::now();
    let first = measured(machine).await?;
    tokio::time::sleep(APART).await;
    let second = measured(machine).await?;
    let now = machine.app.now();
    Ok(json!({
        "cpuCount": CORES,
        "cpuUsedPct": used_pct(&first, &second, began.elapsed()),
        "diskFree": second.disk_bytes_max.saturating_sub(second.disk_bytes),
        "diskTotal": second.disk_bytes_max,
        "diskUsed": second.disk_bytes,
        "memTotal": second.memory_bytes_max,
        "memUsed": second.memory_bytes,
        "timestamp": iso(now),
        "timestampUnix": now.as_second(),
    }))
}

async fn measured(machine: &Machine) -> Result<Usage, ToolError> {
    machine.engine().usage().await.map_err(|error| match error {
        EngineError::Gone => ToolError::Dead,
        EngineError::Refused { .. } => {
            ToolError::not_implemented("GET /system/metrics on this engine")
        }
        other => ToolError::bare(other.to_string()),
    })
}

/// How much of the cores was used between two measurements, in hundredths with one decimal.
fn used_pct(first: &Usage, second: &Usage, apart: Duration) -> f64 {
    let used = Duration::from_micros(second.cpu_us.saturating_sub(first.cpu_us));
    let share = used.as_secs_f64() / apart.as_secs_f64() / f64::from(CORES);
    (share * 1000.0).round() / 10.0
}

/// Everything below `/computeruse`, as the daemon answers without the plugin.
pub(super) fn no_computer_use(machine: &Machine) -> Response {
    let body = json!({
        "message": "Computer-use functionality is not available",
        "details": "The computer-use plugin failed to initialize due to missing dependencies in \
                    the runtime environment.",
        "solution": "Install the required X11 dependencies (x11-apps, xvfb, etc.) to enable \
                     computer-use functionality. Check the daemon logs for specific error details.",
    });
    machine.json(StatusCode::SERVICE_UNAVAILABLE, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_listen_are_found_in_the_kernels_table() {
        let table = "  sl  local_address rem_address   st tx_queue\n   \
                     0: 0100007F:0BB8 00000000:0000 0A 0:0\n   \
                     1: 0100007F:0BB9 0100007F:0BB8 01 0:0\n   \
                     2: 00000000000000000000000001000000:270F 0:0000 0A 0:0\nx\n";
        let found: Vec<u16> = table.lines().filter_map(listening_port).collect();
        assert_eq!(found, [3000, 9999]);
    }

    #[test]
    fn processors_are_measured_between_two_looks() {
        let at = |cpu_us| Usage {
            cpu_us,
            memory_bytes: 0,
            memory_bytes_max: 0,
            disk_bytes: 0,
            disk_bytes_max: 0,
            processes: 0,
        };
        let apart = Duration::from_millis(100);
        for (first, second, expected) in [(0, 50_000, 50.0), (5, 5, 0.0), (9, 3, 0.0)] {
            let used = used_pct(&at(first), &at(second), apart);
            assert!((used - expected).abs() < 0.01, "{used}");
        }
    }
}
