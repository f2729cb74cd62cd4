//! What the desk changes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::front::desk::answer::Refusal;
use crate::front::desk::look;
use crate::front::gate::Front;
use crate::server::Standin;

/// Bytes of a body at most; the longest sensible list of faults is a hundredth of it.
const BODY_BYTES_MAX: usize = 64 << 10;

/// How long a client may take to send its body.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);

/// The farthest advance: ten years. A larger number is a typing mistake.
const ADVANCE_SECONDS_MAX: f64 = 10.0 * 365.0 * 86_400.0;

/// Faults at once at most.
const FAULTS_MAX: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    faults: Vec<String>,
}

/// `POST /__cutover/sandboxes/{id}/kill`.
pub(super) async fn kill(standin: &dyn Standin, id: &str) -> Result<Value, Refusal> {
    if standin.kill(id).await {
        Ok(json!({"id": id, "done": "kill"}))
    } else {
        Err(no_sandbox(id))
    }
}

/// `POST /__cutover/sandboxes/{id}/expire`.
pub(super) async fn expire(standin: &dyn Standin, id: &str) -> Result<Value, Refusal> {
    if standin.expire(id).await {
        Ok(json!({"id": id, "done": "expire"}))
    } else {
        Err(no_sandbox(id))
    }
}

fn no_sandbox(id: &str) -> Refusal {
    let id: String = id.chars().take(80).collect();
    Refusal::new(
        StatusCode::NOT_FOUND,
        format!(
            "no running sandbox `{}`; GET /__cutover/sandboxes lists them",
            id.escape_debug()
        ),
    )
}

/// `POST /__cutover/clock`.
pub(super) async fn advance(standin: &dyn Standin, body: Body) -> Result<Value, Refusal> {
    let Advance { advance_seconds } = read(body, "{\"advance_seconds\": 60}").await?;
    if !(0.0..=ADVANCE_SECONDS_MAX).contains(&advance_seconds) {
        return Err(Refusal::bad(format!(
            "`advance_seconds` is a number from 0 to {ADVANCE_SECONDS_MAX}: a clock goes forward \
             only"
        )));
    }
    standin
        .clock()
        .advance(Duration::from_secs_f64(advance_seconds));
    Ok(look::clock(standin))
}

/// `PUT /__cutover/faults`.
pub(super) async fn set_faults(
    front: &Front,
    standin: &dyn Standin,
    body: Body,
) -> Result<Value, Refusal> {
    let asked: Faults = read(body, "{\"faults\": [\"503:10%\"]}").await?;
    if asked.faults.len() > FAULTS_MAX {
        return Err(Refusal::bad(format!("at most {FAULTS_MAX} faults at once")));
    }
    let mut faults = Vec::new();
    let mut problems = Vec::new();
    for spec in &asked.faults {
        match Fault::parse_list(spec) {
            Ok(more) => faults.extend(more),
            Err(error) => problems.push(error.to_string()),
        }
    }
    if !problems.is_empty() {
        return Err(Refusal::bad(problems.join("; ")));
    }
    standin.set_faults(faults);
    Ok(look::faults(front))
}

/// `DELETE /__cutover/faults`.
pub(super) fn clear_faults(front: &Front, standin: &dyn Standin) -> Value {
    standin.set_faults(Vec::new());
    look::faults(front)
}

/// `POST /__cutover/reset`.
pub(super) async fn reset(front: &Front, standin: &dyn Standin) -> Value {
    standin.set_faults(Vec::new());
    let destroyed = standin.clear().await;
    front.requests.store(0, Ordering::Relaxed);
    front.faults_hit.store(0, Ordering::Relaxed);
    json!({"destroyed": destroyed})
}

/// Reads a body whatever its content type says; the key, not the type, keeps strangers out.
async fn read<T: DeserializeOwned>(body: Body, example: &str) -> Result<T, Refusal> {
    let bytes = tokio::time::timeout(BODY_TIME_MAX, axum::body::to_bytes(body, BODY_BYTES_MAX));
    let Ok(bytes) = bytes.await else {
        return Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body did not come in time",
        ));
    };
    let bytes = bytes.map_err(|_| {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body broke off or is longer than {BODY_BYTES_MAX} bytes"),
        )
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::bad(format!("the body must be like {example}: {error}")))
}
