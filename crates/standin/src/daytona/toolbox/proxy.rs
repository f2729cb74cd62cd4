//! The way to the daemon: who asks, for which sandbox, and whether it can be reached (contract 2.2).

use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::SignedDuration;

use crate::daytona::activity::InUse;
use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::reply::{empty, text};
use crate::daytona::sandbox::{Sandbox, State};
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::routes;

/// How long the proxy remembers that a key may use a sandbox (contract 2.2).
const CACHED_FOR: SignedDuration = SignedDuration::from_secs(120);

const NO_KEY: &str = "missing authentication: provide a preview access token (via header, query \
                      parameter, or cookie) or use an API key or JWT";
const BAD_KEY: &str = "authentication failed: Bearer token is invalid";
const STOPPED: &str = "failed to resolve container IP after 3 attempts: no IP address found. Is \
                       the Sandbox started?";

/// Answers a request under `/toolbox`.
pub(in crate::daytona) async fn handle(app: Arc<App>, asked: Asked, body: Body) -> Response {
    let (sandbox, inner) = match admit(&app, &asked) {
        Ok(admitted) => admitted,
        Err(error) => {
            let path = asked.path.clone();
            return error.into_response(&app, &asked, &path);
        }
    };
    if inner.len() > 1 && inner.ends_with('/') {
        return redirect(&asked, &inner);
    }
    let boot = sandbox.boot();
    let skips = asked.header("x-daytona-skip-last-activity-update") == Some("true");
    let in_use = (!skips).then(|| Arc::new(InUse::begin(&app, &sandbox)));
    let machine = Machine {
        app: Arc::clone(&app),
        sandbox,
        asked: Arc::new(asked),
        boot: boot.clone(),
        _in_use: in_use,
    };
    let asked = Arc::clone(&machine.asked);
    // A daemon that ends while it works leaves the proxy with nothing to pass on.
    let answer = boot
        .run_until_cancelled(routes::answer(machine, &inner, body))
        .await;
    match answer.unwrap_or(Err(ToolError::Dead)) {
        Ok(response) => response,
        Err(error) => error.into_response(&app, &asked, &inner),
    }
}

/// Lets a request through to its sandbox, with the path inside the daemon.
fn admit(app: &App, asked: &Asked) -> Result<(Arc<Sandbox>, String), ToolError> {
    let rest = asked.path.strip_prefix("/toolbox/").unwrap_or_default();
    let (id, inner) = rest.split_once('/').unwrap_or((rest, ""));
    if id.is_empty() {
        return Err(ToolError::not_found("not found"));
    }
    let key = asked
        .bearer()
        .ok_or_else(|| ToolError::unauthorized(NO_KEY))?;
    if key != app.key {
        return Err(ToolError::unauthorized(BAD_KEY));
    }
    let now = app.now();
    let Some(sandbox) = app.registry.by_id(id) else {
        // The access check of an unknown sandbox fails as a bad key does, unless the proxy still
        // remembers that the key was good; then the runner finds no container.
        if !app.registry.remembered(id, now) {
            return Err(ToolError::unauthorized(BAD_KEY));
        }
        return Err(no_container(id));
    };
    sandbox.facts().proxy_cached_until = now.saturating_add(CACHED_FOR).ok();
    reachable(&sandbox)?;
    Ok((sandbox, format!("/{inner}")))
}

/// Whether the way to a sandbox's inside is open (contract 2.2).
pub(in crate::daytona) fn reachable(sandbox: &Sandbox) -> Result<(), ToolError> {
    let facts = sandbox.facts();
    if facts.dead {
        return Err(ToolError::Dead);
    }
    match facts.state {
        State::Started
        | State::Resizing { started: true }
        | State::Snapshotting { started: true } => Ok(()),
        State::Stopping | State::Destroying => Err(ToolError::Dead),
        State::Archiving | State::Archived | State::Restoring => {
            Err(no_container(&sandbox.fixed.id))
        }
        _ => Err(ToolError::bad(STOPPED)),
    }
}

fn no_container(id: &str) -> ToolError {
    ToolError::not_found(format!(
        "sandbox container not found: not found: failed to inspect sandbox container {id}: Error \
         response from daemon: No such container: {id}"
    ))
}

/// The daemon's router sends a stray slash away (contract 2.2).
fn redirect(asked: &Asked, inner: &str) -> Response {
    let to = inner.trim_end_matches('/');
    let mut response = if asked.method == axum::http::Method::GET {
        text(
            StatusCode::MOVED_PERMANENTLY,
            format!("<a href=\"{to}\">Moved Permanently</a>.\n\n"),
        )
    } else {
        empty(StatusCode::TEMPORARY_REDIRECT)
    };
    if let Ok(to) = axum::http::HeaderValue::from_str(to) {
        response.headers_mut().insert("location", to);
    }
    response
}
