//! `GET /sandboxes/{id}/metrics` and `GET /sandboxes/metrics` (contract 1.4, 1.7).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::e2b::app::App;
use crate::e2b::auth;
use crate::e2b::control::lifecycle::find;
use crate::e2b::control::page::{Pairs, refuse};
use crate::e2b::error::ControlError;
use crate::e2b::sandbox::Sandbox;
use crate::e2b::usage::Sample;

/// Sandboxes of one request at most.
const IDS_MAX: usize = 100;

/// The samples of one sandbox; a running one is measured first.
pub(crate) async fn of_one(app: &App, id: &str, pairs: &Pairs) -> Result<Value, ControlError> {
    let start = pairs.integer("start")?.unwrap_or(i64::MIN);
    let end = pairs.integer("end")?.unwrap_or(i64::MAX);
    let sandbox = find(app, id)?;
    measure(app, &sandbox).await?;
    if start > end {
        // The provider's own words are not known.
        let text = "start time must not be after end time";
        return Err(ControlError::bad_request(text));
    }
    Ok(sandbox
        .usage
        .between(start, end)
        .iter()
        .map(|sample| view(&sandbox, sample))
        .collect())
}

/// The last sample of each of some sandboxes; those that are unknown are left out.
pub(crate) async fn of_many(app: &App, pairs: &Pairs) -> Result<Value, ControlError> {
    let Some(ids) = pairs.get("sandbox_ids") else {
        return Err(refuse("sandbox_ids", "value is required but missing"));
    };
    let ids: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
    if ids.len() > IDS_MAX {
        let what = format!("maximum number of items is {IDS_MAX}");
        return Err(refuse("sandbox_ids", &what));
    }
    let mut found = Map::new();
    for id in ids {
        let Some(id) = auth::sandbox_id(id) else {
            return Err(ControlError::bad_request("Invalid sandbox ID"));
        };
        if let Some(sandbox) = app.registry.get(id, app.clock.now()) {
            measure(app, &sandbox).await?;
            if let Some(sample) = sandbox.usage.last() {
                found.insert(id.to_owned(), view(&sandbox, &sample));
            }
        }
    }
    Ok(json!({"sandboxes": found}))
}

async fn measure(app: &App, sandbox: &Arc<Sandbox>) -> Result<(), ControlError> {
    let now = app.clock.now();
    if !sandbox.is_running(now) {
        return Ok(());
    }
    let measured = sandbox.usage.measure(sandbox.engine.as_ref(), now).await;
    measured.map_err(|error| ControlError::engine("getting metrics", &error))
}

/// `memCache` is 0: what the host caches cannot be told apart by sandbox.
fn view(sandbox: &Sandbox, sample: &Sample) -> Value {
    json!({
        "timestamp": sample.at.to_string(),
        "timestampUnix": sample.at.as_second(),
        "cpuCount": sandbox.template.cpus,
        "cpuUsedPct": sample.cpu_used_pct,
        "memUsed": sample.usage.memory_bytes,
        "memTotal": sample.usage.memory_bytes_max,
        "memCache": 0,
        "diskUsed": sample.usage.disk_bytes,
        "diskTotal": sample.usage.disk_bytes_max,
    })
}
