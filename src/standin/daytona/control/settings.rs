//! What of a sandbox may be changed: labels, intervals, whether it is public (contract 1.5).

use std::sync::Arc;

use axum::body::Body;
use serde_json::{Map, Value};

use crate::standin::daytona::control::ApiError;
use crate::standin::daytona::control::body::Fields;
use crate::standin::daytona::control::create::{auto_archive_min, auto_stop_min};
use crate::standin::daytona::sandbox::Sandbox;
use crate::standin::daytona::world::World;

/// `PUT .../labels`: replaces all; answers with the whole sandbox, as the server really does.
pub(super) async fn labels(
    world: &World,
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
        facts.updated_at = world.now();
    }
    Ok(sandbox.dto(world))
}

/// `POST .../autostop|autoarchive|autodelete/{minutes}`.
pub(super) fn interval(
    world: &World,
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
        _ => sandbox.facts().auto_delete_min = minutes.max(-1),
    }
    sandbox.facts().updated_at = world.now();
    world.registry.changed.notify_one();
    Ok(sandbox.dto(world))
}

/// `POST .../public/{true|false}`.
pub(super) fn public(world: &World, sandbox: &Sandbox, value: &str) -> Result<Value, ApiError> {
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
        facts.updated_at = world.now();
    }
    Ok(sandbox.dto(world))
}
