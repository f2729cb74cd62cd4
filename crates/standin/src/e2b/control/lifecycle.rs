//! Everything that happens to one sandbox after it was made (contract 1.9).

use std::sync::Arc;

use axum::http::StatusCode;

use crate::e2b::app::App;
use crate::e2b::body::{Fields, mismatch};
use crate::e2b::control::wanted::{Version, check_timeout};
use crate::e2b::error::ControlError;
use crate::e2b::life::{self, PauseError, wake};
use crate::e2b::sandbox::{LIFETIME_HOURS_MAX, Sandbox, Shorten};
use crate::e2b::state::{PauseMode, State};

/// Seconds below which a refresh is raised (contract 1.4).
const REFRESH_SECONDS_MIN: i64 = 15;

/// Seconds of a refresh at most.
const REFRESH_SECONDS_MAX: i64 = 3600;

/// How often a call waits for a transition to be over (contract 1.9).
const ATTEMPTS_MAX: u32 = 3;

/// A sandbox that is running or paused.
pub(crate) fn find(app: &App, id: &str) -> Result<Arc<Sandbox>, ControlError> {
    app.registry
        .get(id, app.clock.now())
        .ok_or_else(|| ControlError::no_sandbox(id))
}

/// A sandbox whose end may be moved: a running one.
fn find_running(app: &App, id: &str) -> Result<Arc<Sandbox>, ControlError> {
    let busy = |what: &str| {
        let text = format!("Sandbox \"{id}\" is being {what}");
        Err(ControlError::conflict(text))
    };
    if app.registry.is_killing(id) {
        return busy("killed");
    }
    let sandbox = find(app, id)?;
    let state = sandbox.life().state;
    match state {
        State::Pausing => busy("paused"),
        State::Snapshotting => busy("snapshotted"),
        // The provider does not say; from outside it is still paused.
        State::Paused(_) | State::Resuming(_) => Err(ControlError::no_sandbox(id)),
        State::Running if sandbox.is_running(app.clock.now()) => Ok(sandbox),
        State::Running => Err(ControlError::no_sandbox(id)),
    }
}

/// `POST .../connect`: 200 when it was running (and its end may only move later), 201 when it was
/// paused and runs again.
pub(crate) async fn connect(
    app: &Arc<App>,
    id: &str,
    fields: &Fields,
    version: Version,
) -> Result<(StatusCode, Arc<Sandbox>), ControlError> {
    let seconds = match version {
        Version::V1 => fields.seconds_required("timeout")?,
        Version::V2 => fields.seconds("timeout")?.unwrap_or(300),
    };
    let memory = fields.boolean("memory")?;
    if seconds > LIFETIME_HOURS_MAX * 3600 {
        check_timeout(seconds)?;
    }
    for _ in 0..ATTEMPTS_MAX {
        if app.registry.is_killing(id) {
            let text = format!("Sandbox \"{id}\" is being killed");
            return Err(ControlError::conflict(text));
        }
        let sandbox = find(app, id)?;
        let state = sandbox.life().state;
        if state == State::Snapshotting {
            sandbox.wait_settled().await;
            continue;
        }
        if sandbox.is_running(app.clock.now()) {
            if seconds > 0 {
                sandbox.keep_alive(app.clock.now(), seconds, Shorten::Never);
                app.registry.touch();
            }
            return Ok((StatusCode::OK, sandbox));
        }
        check_timeout(seconds)?;
        if let Some(resumed) = wake(app, &sandbox, memory, seconds).await {
            return Ok((StatusCode::CREATED, resumed?));
        }
    }
    // The provider gives up too; the words are ours.
    let text = format!("Sandbox \"{id}\" is in transition, please retry");
    Err(ControlError::conflict(text))
}

/// `POST .../resume` (deprecated): only for a paused sandbox, 15 s by default.
pub(crate) async fn resume(
    app: &Arc<App>,
    id: &str,
    fields: &Fields,
) -> Result<Arc<Sandbox>, ControlError> {
    let seconds = fields.seconds("timeout")?.unwrap_or(15);
    let memory = fields.boolean("memory")?;
    // What becomes of a sandbox at its end was decided at its creation; the member is only read.
    fields.boolean("autoPause")?;
    check_timeout(seconds)?;
    for _ in 0..ATTEMPTS_MAX {
        let sandbox = find(app, id)?;
        let state = sandbox.life().state;
        if state == State::Snapshotting {
            let text = format!("Sandbox snapshot is currently being created for sandbox '{id}'");
            return Err(ControlError::conflict(text));
        }
        if !sandbox.is_running(app.clock.now())
            && let Some(resumed) = wake(app, &sandbox, memory, seconds).await
        {
            return resumed;
        }
        if sandbox.is_running(app.clock.now()) {
            break;
        }
    }
    let text = format!("Sandbox {id} is already running");
    Err(ControlError::conflict(text))
}

/// `POST .../timeout`: the end is so many seconds from now, earlier or later; 0 ends it at once.
pub(crate) fn set_timeout(app: &App, id: &str, fields: &Fields) -> Result<(), ControlError> {
    let seconds = fields.seconds_required("timeout")?;
    let sandbox = find_running(app, id)?;
    if !sandbox.keep_alive(app.clock.now(), seconds, Shorten::Allowed) {
        return Err(ControlError::bad_request("Max instance length exceeded"));
    }
    app.registry.touch();
    Ok(())
}

/// `POST .../refreshes`: the end may only move later.
pub(crate) fn refresh(app: &App, id: &str, fields: &Fields) -> Result<(), ControlError> {
    let seconds = fields.seconds("duration")?.unwrap_or(REFRESH_SECONDS_MIN);
    if seconds > REFRESH_SECONDS_MAX {
        return Err(mismatch("duration", "number must be at most 3600"));
    }
    let sandbox = find_running(app, id)?;
    let seconds = seconds.max(REFRESH_SECONDS_MIN);
    sandbox.keep_alive(app.clock.now(), seconds, Shorten::Never);
    app.registry.touch();
    Ok(())
}

/// `POST .../pause`.
pub(crate) async fn pause(app: &Arc<App>, id: &str, fields: &Fields) -> Result<(), ControlError> {
    let mode = PauseMode::of_memory(fields.boolean("memory")?);
    // An envd that is part of the stand-in answers whenever the stand-in does.
    fields.boolean("requireHealthyGuest")?;
    let sandbox = find(app, id)?;
    match life::pause(app, &sandbox, mode).await {
        Ok(()) => Ok(()),
        Err(PauseError::State(State::Paused(_))) => {
            let text = format!("Error pausing sandbox - sandbox '{id}' is already paused");
            Err(ControlError::conflict(text))
        }
        Err(PauseError::State(state)) => {
            let state = state.word();
            let text = format!("Sandbox '{id}' cannot be paused while in '{state}' state");
            Err(ControlError::conflict(text))
        }
        Err(PauseError::Engine(error)) => Err(ControlError::engine("pausing sandbox", &error)),
        Err(PauseError::Stopping) => Err(ControlError::no_sandbox(id)),
    }
}

/// `PUT .../network`: replaces egress settings; what is left out is cleared.
pub(crate) fn set_network(app: &App, id: &str, fields: &Fields) -> Result<(), ControlError> {
    let sandbox = find_running(app, id)?;
    let mut network = sandbox.network();
    *network = network.replaced(fields)?;
    let had = sandbox.profile.network;
    let limited = network.limits_egress();
    drop(network);
    if had == limited {
        let text = "Egress rules are kept but not applied: what a running sandbox may reach \
                    does not change";
        sandbox.note(crate::e2b::log::Level::Warn, text);
    }
    Ok(())
}

/// `DELETE`: returns when nothing is left of it.
pub(crate) async fn kill(app: &Arc<App>, id: &str) -> Result<(), ControlError> {
    find(app, id)?;
    let ending = life::end(app, id).ok_or_else(|| ControlError::no_sandbox(id))?;
    // The task only fails by a panic of the engine, which is not the client's to see.
    let _ = ending.await;
    Ok(())
}
