//! Which request of the desk is which.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::front::desk::answer::{Refusal, response};
use crate::front::desk::{act, guard, look};
use crate::front::gate::Front;

/// Where the desk stands on every stand-in.
const PREFIX: &str = "/__cutover";

/// What there is, as `GET /__cutover/` tells it.
const ENDPOINTS: [(&str, &str, &str); 11] = [
    ("GET", "/__cutover/", "what there is"),
    (
        "GET",
        "/__cutover/health",
        "provider, engine, requests and faults so far",
    ),
    ("GET", "/__cutover/sandboxes", "the sandboxes that exist"),
    (
        "POST",
        "/__cutover/sandboxes/{id}/kill",
        "let a sandbox die as if its machine had failed",
    ),
    (
        "POST",
        "/__cutover/sandboxes/{id}/expire",
        "end a sandbox's lifetime as if its time had come",
    ),
    ("GET", "/__cutover/clock", "the stand-in's time"),
    (
        "POST",
        "/__cutover/clock",
        "{\"advance_seconds\": N}: move the clock forward",
    ),
    ("GET", "/__cutover/faults", "the faults in force"),
    (
        "PUT",
        "/__cutover/faults",
        "{\"faults\": [\"503:10%\", ...]}: replace the faults",
    ),
    ("DELETE", "/__cutover/faults", "no faults any more"),
    (
        "POST",
        "/__cutover/reset",
        "destroy all sandboxes, clear faults, count from nothing",
    ),
];

/// Whether a path is the desk's.
pub(crate) fn is_for(path: &str) -> bool {
    path.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request of the desk.
pub(crate) async fn answer(front: &Arc<Front>, request: Request) -> Response {
    match decide(front, request).await {
        Ok(body) => response(StatusCode::OK, &body),
        Err(refusal) => refusal.into_response(),
    }
}

async fn decide(front: &Arc<Front>, request: Request) -> Result<Value, Refusal> {
    guard::check(&*front.wire, request.headers(), request.uri())?;
    let Some(standin) = front.standin() else {
        return Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the stand-in is starting or stopping",
        ));
    };
    let standin = &*standin;
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let segments: Vec<String> = path
        .trim_matches('/')
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (parts.method.as_str(), segments.as_slice()) {
        ("GET", [""]) => Ok(endpoints(front)),
        ("GET", ["health"]) => Ok(look::health(front, standin)),
        ("GET", ["sandboxes"]) => Ok(look::sandboxes(standin)),
        ("POST", ["sandboxes", id, "kill"]) => act::kill(standin, id).await,
        ("POST", ["sandboxes", id, "expire"]) => act::expire(standin, id).await,
        ("GET", ["clock"]) => Ok(look::clock(standin)),
        ("POST", ["clock"]) => act::advance(standin, body).await,
        ("GET", ["faults"]) => Ok(look::faults(front)),
        ("PUT", ["faults"]) => act::set_faults(front, standin, body).await,
        ("DELETE", ["faults"]) => Ok(act::clear_faults(front, standin)),
        ("POST", ["reset"]) => Ok(act::reset(front, standin).await),
        (_, ["" | "health" | "sandboxes"]) => Err(Refusal::method("GET")),
        (_, ["clock"]) => Err(Refusal::method("GET, POST")),
        (_, ["faults"]) => Err(Refusal::method("GET, PUT, DELETE")),
        (_, ["reset"] | ["sandboxes", _, "kill" | "expire"]) => Err(Refusal::method("POST")),
        _ => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "the desk has no such path; GET /__cutover/ lists what there is",
        )),
    }
}

fn endpoints(front: &Front) -> Value {
    let endpoints: Vec<Value> = ENDPOINTS
        .iter()
        .map(|(method, path, does)| json!({"method": method, "path": path, "does": does}))
        .collect();
    json!({
        "standin": front.wire.provider(),
        "version": env!("CARGO_PKG_VERSION"),
        "endpoints": endpoints,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desk_takes_its_own_paths_only() {
        for (path, ours) in [
            ("/__cutover", true),
            ("/__cutover/", true),
            ("/__cutover/clock", true),
            ("/__cutoverx", false),
            ("/x/__cutover/", false),
            ("/", false),
        ] {
            assert_eq!(is_for(path), ours, "{path}");
        }
    }
}
