//! What of a sandbox may be changed: labels, intervals, whether it is public (contract 1.5).

use std::sync::Arc;

use axum::body::Body;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::daytona::app::App;
use crate::daytona::control::body::Fields;
use crate::daytona::control::{ApiError, check, network};
use crate::daytona::sandbox::{Sandbox, State};

/// `PUT .../labels`: replaces all; answers with the whole sandbox, as the server really does.
pub(super) async fn labels(
    app: &App,
    sandbox: &Arc<Sandbox>,
    body: Body,
) -> Result<Value, ApiError> {
    let mut fields = Fields::read(body).await?;
    let labels = fields.texts("labels");
    fields.checked()?;
    let labels = labels.ok_or_else(|| ApiError::bad("labels must be an object"))?;
    let labels: Map<_, _> = labels
        .into_iter()
        .map(|(key, value)| (key, Value::String(value)))
        .collect();
    {
        let mut facts = sandbox.facts();
        facts.labels = labels;
        facts.updated_at = app.now();
    }
    Ok(sandbox.dto(app))
}

/// `POST .../autostop|autoarchive|autodelete|autopause|ttl/{minutes}`.
pub(super) fn interval(
    app: &App,
    sandbox: &Sandbox,
    which: &str,
    minutes: &str,
) -> Result<Value, ApiError> {
    let minutes: i64 = minutes
        .parse()
        .map_err(|_| ApiError::bad("Validation failed (numeric string is expected)"))?;
    match which {
        "autostop" => sandbox.facts().auto_stop_min = auto_stop_min(minutes)?,
        "autoarchive" => sandbox.facts().auto_archive_min = auto_archive_min(minutes)?,
        "ttl" => {
            let destroy_at = ttl(minutes, app.now())?;
            sandbox.facts().destroy_at = destroy_at;
        }
        // Containers do not pause; never to do so is what they do.
        "autopause" if minutes == 0 => {}
        "autopause" => return Err(check::no_pause()),
        _ => sandbox.facts().auto_delete_min = minutes.max(-1),
    }
    sandbox.facts().updated_at = app.now();
    app.registry.changed.notify_one();
    Ok(sandbox.dto(app))
}

/// The longest that a stopped sandbox waits to be archived, in minutes (contract 7.1).
pub(super) const AUTO_ARCHIVE_MIN_MAX: i64 = 43_200;

/// Checks an auto-stop interval.
pub(super) fn auto_stop_min(minutes: i64) -> Result<i64, ApiError> {
    if minutes < 0 {
        return Err(ApiError::bad("Auto-stop interval must be non-negative"));
    }
    Ok(minutes)
}

/// Checks an auto-archive interval, and brings it within its bound.
pub(super) fn auto_archive_min(minutes: i64) -> Result<i64, ApiError> {
    match minutes {
        ..0 => Err(ApiError::bad("Auto-archive interval must be non-negative")),
        0 => Ok(AUTO_ARCHIVE_MIN_MAX),
        _ => Ok(minutes.min(AUTO_ARCHIVE_MIN_MAX)),
    }
}

/// When a time to live ends that begins now; 0 is none. The sentence is ours.
pub(super) fn ttl(minutes: i64, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    if minutes < 0 {
        return Err(ApiError::bad("TTL must be non-negative"));
    }
    let after = SignedDuration::from_secs(minutes.saturating_mul(60));
    Ok((minutes > 0).then(|| now.saturating_add(after).unwrap_or(Timestamp::MAX)))
}

/// `POST .../public/{true|false}`.
pub(super) fn public(app: &App, sandbox: &Sandbox, value: &str) -> Result<Value, ApiError> {
    let public = match value {
        "true" => true,
        "false" => false,
        _ => {
            let message = "Validation failed (boolean string is expected)";
            return Err(ApiError::bad(message));
        }
    };
    {
        let mut facts = sandbox.facts();
        facts.public = public;
        facts.updated_at = app.now();
    }
    Ok(sandbox.dto(app))
}

/// `POST .../network-settings`.
pub(super) async fn network_settings(
    app: &App,
    sandbox: &Sandbox,
    body: Body,
) -> Result<Value, ApiError> {
    let mut fields = Fields::read(body).await?;
    let wish = network::asked(&mut fields);
    fields.checked()?;
    {
        let mut facts = sandbox.facts();
        if facts.state != State::Started {
            let message = "Sandbox is not started";
            return Err(ApiError::bad(message));
        }
        let mut wanted = facts.network.clone();
        network::apply(app, wish, &mut wanted)?;
        // A sandbox keeps the network that it was made with.
        if app.allow_network && wanted.block_all != facts.network.block_all {
            let what =
                "a change of `networkBlockAll` while the stand-in lets sandboxes reach the network";
            return Err(ApiError::not_implemented(what));
        }
        facts.network = wanted;
        facts.updated_at = app.now();
    }
    Ok(sandbox.dto(app))
}
