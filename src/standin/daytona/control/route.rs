//! Which request is which operation of the control plane.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use crate::standin::daytona::asked::Asked;
use crate::standin::daytona::control::{ApiError, create, lifecycle, list, settings, snapshots};
use crate::standin::daytona::sandbox::Sandbox;
use crate::standin::daytona::world::{World, empty};

/// The version that every answer names: that of the source the contract was read from.
const API_VERSION: HeaderValue = HeaderValue::from_static("v0.190.0");

/// What an operation answers.
enum Answer {
    Json(StatusCode, Value),
    Empty(StatusCode),
}

/// First segments below `/api` that Daytona has and the stand-in has not (contract 1.5).
const KNOWN_ROOTS: [&str; 12] = [
    "config",
    "volumes",
    "object-storage",
    "api-keys",
    "organizations",
    "regions",
    "runners",
    "users",
    "webhooks",
    "secret",
    "warm-pools",
    "docker-registry",
];

/// Operations of one sandbox that Daytona has and the stand-in has not.
const KNOWN_SANDBOX: [&str; 24] = [
    "resize",
    "recover",
    "pause",
    "network-settings",
    "backup",
    "snapshot",
    "fork",
    "forks",
    "parent",
    "ancestors",
    "ports",
    "build-logs",
    "build-logs-url",
    "ssh-access",
    "signing-key",
    "secrets",
    "ttl",
    "autopause",
    "telemetry",
    "organization",
    "region-quota",
    "state",
    "project-dir",
    "validate",
];

/// Settings of a sandbox that are set by a word in the path.
const SETTINGS: [&str; 4] = ["autostop", "autoarchive", "autodelete", "public"];

/// Answers a request under `/api`.
pub(in crate::standin::daytona) async fn handle(
    world: Arc<World>,
    asked: Asked,
    body: Body,
) -> Response {
    let segments = asked.segments("/api/");
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answer = answer(&world, &asked, &segments, body).await;
    let mut response = match answer {
        Ok(Answer::Json(status, value)) => world.control_json(&asked, status, value),
        Ok(Answer::Empty(status)) => empty(status),
        Err(error) => error.into_response(&world, &asked),
    };
    response
        .headers_mut()
        .insert("x-daytona-api-version", API_VERSION);
    response
}

async fn answer(
    world: &Arc<World>,
    asked: &Asked,
    segments: &[&str],
    body: Body,
) -> Result<Answer, ApiError> {
    let ok = |value| Ok(Answer::Json(StatusCode::OK, value));
    if let ("GET", ["health"] | ["health", "ready"]) = (asked.method.as_str(), segments) {
        return ok(json!({"status": "ok"}));
    }
    // A route that is not there is told before the key is looked at, as in NestJS.
    if !exists(&asked.method, segments) {
        let (method, path) = (&asked.method, asked.path_and_query());
        let message = format!("Cannot {method} {path}");
        return Err(ApiError::new(StatusCode::NOT_FOUND, message));
    }
    if asked.bearer() != Some(world.key.as_str()) {
        let message = "Invalid credentials";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, message));
    }
    match (asked.method.as_str(), segments) {
        ("POST", ["sandbox"]) => ok(create::create(world, body).await?),
        ("GET", ["sandbox"]) => ok(list::list(world, asked)?),
        ("GET", ["sandbox", "paginated"]) => ok(list::paginated(world, asked)?),
        ("GET", ["snapshots"]) => ok(snapshots::list()),
        ("GET", ["snapshots", name]) => ok(snapshots::get(name)?),
        (_, ["sandbox", id, rest @ ..])
            if !rest.iter().any(|part| KNOWN_SANDBOX.contains(part)) =>
        {
            let found = world.registry.find(id);
            let sandbox = found.ok_or_else(|| ApiError::no_sandbox(id))?;
            of_sandbox(world, &sandbox, asked, rest, body).await
        }
        _ => Err(ApiError::not_implemented(&asked.route())),
    }
}

async fn of_sandbox(
    world: &Arc<World>,
    sandbox: &Arc<Sandbox>,
    asked: &Asked,
    rest: &[&str],
    body: Body,
) -> Result<Answer, ApiError> {
    let ok = |value| Ok(Answer::Json(StatusCode::OK, value));
    // These POSTs declare no status, and NestJS answers 201 then (contract 1.5).
    let created = |value| Ok(Answer::Json(StatusCode::CREATED, value));
    match (asked.method.as_str(), rest) {
        ("GET", []) => ok(sandbox.dto(world)),
        ("DELETE", []) => ok(lifecycle::delete(world, sandbox)?),
        ("POST", ["start"]) => ok(lifecycle::start(world, sandbox)?),
        ("POST", ["stop"]) => ok(lifecycle::stop(world, sandbox, asked)?),
        ("POST", ["archive"]) => ok(lifecycle::archive(world, sandbox)?),
        ("PUT", ["labels"]) => ok(settings::labels(world, sandbox, body).await?),
        ("POST", [which @ ("autostop" | "autoarchive" | "autodelete"), minutes]) => {
            created(settings::interval(world, sandbox, which, minutes)?)
        }
        ("POST", ["public", value]) => created(settings::public(world, sandbox, value)?),
        ("POST", ["last-activity"]) => {
            sandbox.touch(world.now());
            Ok(Answer::Empty(StatusCode::CREATED))
        }
        ("GET", ["toolbox-proxy-url"]) => ok(json!({"url": world.toolbox_url()})),
        _ => Err(ApiError::not_implemented(&asked.route())),
    }
}

/// Whether Daytona has such a route, implemented here or not.
fn exists(method: &Method, segments: &[&str]) -> bool {
    match (method.as_str(), segments) {
        (word, ["sandbox" | "snapshots"]) => matches!(word, "GET" | "POST"),
        (word, ["sandbox" | "snapshots", _]) => matches!(word, "GET" | "DELETE"),
        ("POST", ["sandbox", _, "start" | "stop" | "archive" | "last-activity"])
        | ("PUT", ["sandbox", _, "labels"])
        | ("GET", ["sandbox", _, "toolbox-proxy-url"]) => true,
        ("POST", ["sandbox", _, which, _]) if SETTINGS.contains(which) => true,
        ("POST", ["snapshots", _, which]) => matches!(*which, "activate" | "deactivate"),
        ("GET", ["snapshots", _, which]) => matches!(*which, "build-logs" | "build-logs-url"),
        (_, ["sandbox", _, part, ..]) => KNOWN_SANDBOX.contains(part),
        (_, [root, ..]) => KNOWN_ROOTS.contains(root),
        _ => false,
    }
}
