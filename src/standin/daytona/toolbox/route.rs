//! Which request is which operation of the daemon.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::standin::daytona::toolbox::error::ToolError;
use crate::standin::daytona::toolbox::machine::Machine;
use crate::standin::daytona::toolbox::{execute, files, session};

/// What `GET /version` says: the version the contract was read from.
const VERSION: &str = "v0.190.0";

/// First segments that the daemon has and the stand-in has not (contract 2.4, 2.6).
const KNOWN_ROOTS: [&str; 7] = [
    "git",
    "lsp",
    "port",
    "computeruse",
    "proxy",
    "env",
    "system",
];

/// Answers a request to the daemon; `inner` is the path that it sees.
pub(super) async fn answer(
    machine: Machine,
    inner: &str,
    body: Body,
) -> Result<Response, ToolError> {
    let segments: Vec<String> = inner
        .trim_start_matches('/')
        .split('/')
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let method = machine.asked.method.clone();
    let place = &machine.sandbox.place;
    let ok = |value| Ok(machine.json(StatusCode::OK, value));
    match (method.as_str(), segments.as_slice()) {
        ("POST", ["process", "execute"]) => execute::execute(&machine, body).await,
        (_, ["process", "session", rest @ ..]) => {
            session::answer(&machine, method.as_str(), rest, body).await
        }
        (_, ["files", rest @ ..]) => files::answer(&machine, method.as_str(), rest, body).await,
        ("GET", ["work-dir" | "project-dir"]) => ok(json!({"dir": place.work_dir})),
        ("GET", ["user-home-dir"]) => ok(json!({"dir": place.home})),
        ("GET", ["version"]) => ok(json!({"version": VERSION})),
        ("POST", ["process", "code-run"]) | (_, ["process", "pty" | "interpreter", ..]) => {
            Err(unknown(&method, inner))
        }
        (_, [root, ..]) if KNOWN_ROOTS.contains(root) => Err(unknown(&method, inner)),
        _ => Err(ToolError::NoRoute),
    }
}

fn unknown(method: &axum::http::Method, inner: &str) -> ToolError {
    ToolError::not_implemented(&format!("{method} {inner}"))
}
