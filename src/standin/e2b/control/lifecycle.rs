//! Everything that happens to one sandbox after it was made (contract 1.9).

use std::sync::Arc;

use axum::http::StatusCode;

use crate::standin::e2b::app::App;
use crate::standin::e2b::control::body::Fields;
use crate::standin::e2b::control::create::{Version, check_timeout};
use crate::standin::e2b::control::pause::{freeze, thaw};
use crate::standin::e2b::error::ControlError;
use crate::standin::e2b::sandbox::{LIFETIME_HOURS_MAX, Sandbox, Shorten};

/// Seconds below which a refresh is raised (contract 1.4).
const REFRESH_SECONDS_MIN: i64 = 15;

/// Seconds of a refresh at most.
const REFRESH_SECONDS_MAX: i64 = 3600;

/// A sandbox that is running or paused.
pub(crate) fn find(app: &App, id: &str) -> Result<Arc<Sandbox>, ControlError> {
    app.registry
        .get(id, app.clock.now())
        .ok_or_else(|| ControlError::no_sandbox(id))
}

fn find_running(app: &App, id: &str) -> Result<Arc<Sandbox>, ControlError> {
    app.registry
        .running(id, app.clock.now())
        .ok_or_else(|| ControlError::no_sandbox(id))
}

/// `POST .../connect`: 200 when it was running (and its end may only move later), 201 when it was
/// paused and runs again.
pub(crate) async fn connect(
    app: &App,
    id: &str,
    fields: &Fields,
    version: Version,
) -> Result<(StatusCode, Arc<Sandbox>), ControlError> {
    let seconds = match version {
        Version::V1 => fields.seconds_required("timeout")?,
        Version::V2 => fields.seconds("timeout")?.unwrap_or(300),
    };
    if fields.boolean("memory")? == Some(false) {
        return Err(ControlError::not_implemented("memory=false (a cold boot)"));
    }
    if seconds > LIFETIME_HOURS_MAX * 3600 {
        check_timeout(seconds)?;
    }
    let sandbox = find(app, id)?;
    let now = app.clock.now();
    if sandbox.is_running(now) {
        if seconds > 0 {
            sandbox.keep_alive(now, seconds, Shorten::Never);
            app.registry.touch();
        }
        return Ok((StatusCode::OK, sandbox));
    }
    check_timeout(seconds)?;
    // Its time may have come a moment ago, and the task that pauses it may not have come to it.
    freeze(&sandbox, now).await;
    thaw(&sandbox, now, seconds).await;
    app.registry.touch();
    Ok((StatusCode::CREATED, sandbox))
}

/// `POST .../resume` (deprecated): only for a paused sandbox, 15 s by default.
pub(crate) async fn resume(
    app: &App,
    id: &str,
    fields: &Fields,
) -> Result<Arc<Sandbox>, ControlError> {
    let seconds = fields.seconds("timeout")?.unwrap_or(15);
    if fields.boolean("memory")? == Some(false) {
        return Err(ControlError::not_implemented("memory=false (a cold boot)"));
    }
    check_timeout(seconds)?;
    let sandbox = find(app, id)?;
    if !thaw(&sandbox, app.clock.now(), seconds).await {
        let text = format!("Sandbox {id} is already running");
        return Err(ControlError::new(StatusCode::CONFLICT, text));
    }
    app.registry.touch();
    Ok(sandbox)
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
        return Err(ControlError::validation(
            "request body has an error: doesn't match schema: Error at \"/duration\": number must \
             be at most 3600",
        ));
    }
    let sandbox = find_running(app, id)?;
    let seconds = seconds.max(REFRESH_SECONDS_MIN);
    sandbox.keep_alive(app.clock.now(), seconds, Shorten::Never);
    app.registry.touch();
    Ok(())
}

/// `POST .../pause`.
pub(crate) async fn pause(app: &App, id: &str, fields: &Fields) -> Result<(), ControlError> {
    if fields.boolean("memory")? == Some(false) {
        return Err(ControlError::not_implemented(
            "memory=false (a snapshot of files only)",
        ));
    }
    let sandbox = find(app, id)?;
    if !freeze(&sandbox, app.clock.now()).await {
        let text = format!("Error pausing sandbox - sandbox '{id}' is already paused");
        return Err(ControlError::new(StatusCode::CONFLICT, text));
    }
    app.registry.touch();
    Ok(())
}

/// `DELETE`: returns when nothing is left of it.
pub(crate) async fn kill(app: &App, id: &str) -> Result<(), ControlError> {
    find(app, id)?;
    let ending = app.end(id).ok_or_else(|| ControlError::no_sandbox(id))?;
    // The task only fails by a panic of the engine, which is not the client's to see.
    let _ = ending.await;
    Ok(())
}
