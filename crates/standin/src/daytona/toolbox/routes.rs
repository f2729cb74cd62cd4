//! Which request is which operation of the daemon.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::{
    code_run, env, execute, files, git, interpreter, pty, session, system,
};

/// What `GET /version` says: the version the contract was read from.
const VERSION: &str = "v0.190.0";

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
        ("POST", ["process", "code-run"]) => code_run::run(&machine, body).await,
        (_, ["process", "session", rest @ ..]) => {
            session::answer(&machine, method.as_str(), rest, body).await
        }
        (_, ["process", "pty", rest @ ..]) => {
            pty::answer(&machine, method.as_str(), rest, body).await
        }
        ("POST", ["env"]) => env::update(&machine, body).await,
        (_, ["files", rest @ ..]) => files::answer(&machine, method.as_str(), rest, body).await,
        ("GET", ["work-dir" | "project-dir"]) => ok(json!({"dir": place.work_dir})),
        ("GET", ["user-home-dir"]) => ok(json!({"dir": place.home})),
        ("GET", ["version"]) => ok(json!({"version": VERSION})),
        (_, ["process", "interpreter", rest @ ..]) => {
            interpreter::answer(&machine, method.as_str(), rest, body).await
        }
        (_, ["git", rest @ ..]) => git::answer(&machine, method.as_str(), rest, body).await,
        ("GET", ["port"]) => ok(system::ports(&machine).await),
        ("GET", ["port", port, "in-use"]) => ok(system::is_in_use(&machine, port).await?),
        ("GET", ["system", "metrics"]) => ok(system::metrics(&machine).await?),
        (_, ["computeruse", ..]) => Ok(system::no_computer_use(&machine)),
        // Language servers are programs of their own that the template has not; a proxy into the
        // sandbox's ports belongs to whoever serves preview addresses.
        (_, ["lsp" | "proxy", ..]) => Err(unknown(&method, inner)),
        _ => Err(ToolError::NoRoute),
    }
}

fn unknown(method: &axum::http::Method, inner: &str) -> ToolError {
    ToolError::not_implemented(&format!("{method} {inner}"))
}
