//! What the desk shows.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::front::gate::Front;
use crate::request_log::RequestLog;
use crate::server::{SandboxFacts, Standin};

/// `GET /__cutover/health`.
pub(super) fn health(front: &Front, standin: &dyn Standin) -> Value {
    json!({
        "status": "ready",
        "provider": front.wire.provider(),
        "version": env!("CARGO_PKG_VERSION"),
        "engine": front.engine,
        "uptime_seconds": front.began.elapsed().as_secs(),
        "sandboxes": standin.sandboxes().len(),
        "requests": front.requests.load(Ordering::Relaxed),
        "faults_hit": front.faults_hit.load(Ordering::Relaxed),
        "log_lines_lost": front.log.as_ref().map(RequestLog::lost),
        "clock": clock(standin),
    })
}

/// `GET /__cutover/sandboxes`.
pub(super) fn sandboxes(standin: &dyn Standin) -> Value {
    let all: Vec<Value> = standin.facts().iter().map(sandbox).collect();
    json!({"sandboxes": all})
}

fn sandbox(facts: &SandboxFacts) -> Value {
    json!({
        "id": facts.id,
        "name": facts.name,
        "state": facts.state,
        "created_at": facts.created_at.to_string(),
        "deadline": facts.deadline.map(|at| at.to_string()),
    })
}

/// `GET /__cutover/clock`.
pub(super) fn clock(standin: &dyn Standin) -> Value {
    let clock = standin.clock();
    json!({
        "now": clock.now().to_string(),
        "speed": clock.speed(),
        "advanced_seconds": clock.advanced().as_secs_f64(),
    })
}

/// `GET /__cutover/faults`.
pub(super) fn faults(front: &Front) -> Value {
    let faults = front.faults.faults();
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    json!({
        "faults": faults,
        "hit": front.faults_hit.load(Ordering::Relaxed),
    })
}
