//! Who gets to a port of a sandbox, and what wakes a sandbox up.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;

use crate::e2b::app::App;
use crate::e2b::envd;
use crate::e2b::life::wake;
use crate::e2b::proxy::forward;
use crate::e2b::proxy::refusal::{Refusal, TRAFFIC_HEADER};
use crate::e2b::reply::Route;
use crate::e2b::sandbox::{INCOMING_MAX, Sandbox};
use crate::e2b::state::{PauseMode, State};

/// The port envd listens on inside every sandbox.
pub(crate) const ENVD_PORT: u16 = 49983;

/// How long a request waits for a transition to be over.
const TRANSITION_MAX: Duration = Duration::from_secs(10);

/// How often a request finds a sandbox that is neither running nor to be woken up.
const ATTEMPTS_MAX: u32 = 3;

/// Seconds that a sandbox which traffic has woken up gets at least. The provider's documentation
/// says five minutes; its public code has had a minute.
const WOKEN_SECONDS_MIN: i64 = 300;

/// Answers a request to a port of a sandbox.
pub(crate) async fn handle(
    app: &Arc<App>,
    route: &Route,
    id: &str,
    port: u16,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let asks = parts.headers.clone();
    let refuse = |refusal: Refusal| refusal.answer(route, id, &asks);
    if port == ENVD_PORT && is_reserved(parts.uri.path()) {
        let path = parts.uri.path().to_owned();
        return refuse(Refusal::Reserved { path });
    }
    let sandbox = match enter(app, id, port, &parts).await {
        Ok(sandbox) => sandbox,
        Err(refusal) => return refuse(refusal),
    };
    let request = Request::from_parts(parts, body);
    let link = sandbox.link();
    let answer = async {
        if port == ENVD_PORT {
            return Ok(envd::routes::answer(app, sandbox, route, request).await);
        }
        check_traffic(&sandbox, &asks)?;
        let Ok(room) = Arc::clone(&sandbox.incoming).try_acquire_owned() else {
            return Err(Refusal::TooManyConnections {
                limit: INCOMING_MAX,
            });
        };
        forward::forward(app, &sandbox, port, room, request).await
    };
    tokio::select! {
        biased;
        () = link.cancelled() => refuse(Refusal::NotFound),
        answer = answer => answer.unwrap_or_else(refuse),
    }
}

/// The sandbox, running; wakes it up if its creator said so.
async fn enter(
    app: &Arc<App>,
    id: &str,
    port: u16,
    parts: &Parts,
) -> Result<Arc<Sandbox>, Refusal> {
    for _ in 0..ATTEMPTS_MAX {
        let now = app.clock.now();
        let sandbox = app.registry.get(id, now).ok_or(Refusal::NotFound)?;
        if sandbox.is_running(now) {
            return Ok(sandbox);
        }
        let state = sandbox.life().state;
        let wakes = sandbox.lifecycle.auto_resume
            && match state {
                State::Paused(mode) => mode == PauseMode::Full,
                State::Running => sandbox.lifecycle.auto_pause == Some(PauseMode::Full),
                State::Pausing | State::Resuming(_) | State::Snapshotting => true,
            };
        if !wakes {
            return Err(Refusal::NotFound);
        }
        if !may_wake(app, &sandbox, port, parts) {
            return Err(Refusal::ResumeDenied);
        }
        let seconds = sandbox.lifecycle.seconds.max(WOKEN_SECONDS_MIN);
        let woken = tokio::time::timeout(TRANSITION_MAX, wake(app, &sandbox, None, seconds)).await;
        match woken {
            Ok(Some(Ok(woken))) => return Ok(woken),
            Ok(Some(Err(error))) if error.status.as_u16() == 429 => {
                return Err(Refusal::TeamLimit {
                    message: error.message,
                });
            }
            Ok(Some(Err(_))) => return Err(Refusal::NotFound),
            // Another request has woken it up, or paused it; look again.
            Ok(None) => {}
            Err(_) => break,
        }
    }
    Err(Refusal::Transitioning)
}

/// Whether a request shows what it would need once the sandbox runs.
fn may_wake(app: &App, sandbox: &Sandbox, port: u16, parts: &Parts) -> bool {
    if port != ENVD_PORT {
        return check_traffic(sandbox, &parts.headers).is_ok();
    }
    if sandbox.token.is_none() {
        return true;
    }
    let shown = envd::locate::by_credential(app, &parts.method, &parts.uri, &parts.headers);
    shown.as_deref() == Some(&sandbox.id)
}

fn check_traffic(sandbox: &Sandbox, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(token) = &sandbox.traffic_token else {
        return Ok(());
    };
    match headers.get(TRAFFIC_HEADER) {
        None => Err(Refusal::TokenMissing),
        Some(given) if given.as_bytes() == token.as_bytes() => Ok(()),
        Some(_) => Err(Refusal::TokenInvalid),
    }
}

/// Paths of envd that are closed from outside, however they are written (contract 2.2).
fn is_reserved(path: &str) -> bool {
    let mut clean: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(clean.pop()),
            part => clean.push(part),
        }
    }
    matches!(
        clean.as_slice(),
        ["init" | "freeze" | "unfreeze" | "collapse" | "fsfreeze" | "fsthaw" | "upgrade"]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_paths_are_cleaned_first() {
        for (path, expected) in [
            ("/init", true),
            ("//init/", true),
            ("/x/../freeze", true),
            ("/./upgrade", true),
            ("/../../fsthaw", true),
            ("/init/x", false),
            ("/initial", false),
            ("/", false),
        ] {
            assert_eq!(is_reserved(path), expected, "{path}");
        }
    }
}
