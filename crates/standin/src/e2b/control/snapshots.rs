//! `POST /sandboxes/{id}/snapshots`, `GET /snapshots`, `DELETE /templates/{id}` (contract 1.4).
//!
//! Files, environment and metadata are kept, whatever `memory` says; processes are not, because
//! an engine of this machine cannot copy them. With `memory: false` the environment, which lives
//! in envd's memory, is not kept either.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::e2b::app::App;
use crate::e2b::auth;
use crate::e2b::body::Fields;
use crate::e2b::control::copy::{Purpose, copy};
use crate::e2b::control::page::{self, Cursor, Order, Page, Pairs};
use crate::e2b::error::ControlError;
use crate::e2b::sandbox::Sandbox;
use crate::e2b::snapshots::{Snapshot, Wanted};
use crate::e2b::template::{self, DEFAULT_TAG, NAMESPACE, Reference};

/// Makes a snapshot of a running sandbox.
pub(crate) async fn create(
    app: &Arc<App>,
    id: &str,
    fields: &Fields,
) -> Result<Value, ControlError> {
    let memory = fields.boolean("memory")?.unwrap_or(true);
    let name = match fields.get("name") {
        None => None,
        Some(_) => Some(named(app, fields.string("name")?)?),
    };
    if !app.snapshots.has_room() {
        let text = "Error creating snapshot template: the stand-in is full; delete a snapshot";
        return Err(ControlError::new(StatusCode::SERVICE_UNAVAILABLE, text));
    }
    let (sandbox, archive) = copy(app, id, Purpose::Snapshot).await?;
    let (alias, tag) = match name {
        Some((alias, tag)) => (Some(alias), tag),
        None => (None, DEFAULT_TAG.to_owned()),
    };
    let envs = if memory {
        own_envs(&sandbox)
    } else {
        BTreeMap::new()
    };
    let wanted = Wanted {
        alias,
        tag,
        sandbox_id: sandbox.id.clone(),
        created_at: app.clock.now(),
        envs,
        metadata: sandbox.metadata.clone(),
        defaults: sandbox.defaults.clone(),
        image: sandbox.image.clone(),
    };
    let snapshot = app.snapshots.keep(wanted, archive).map_err(|error| {
        let text = format!("Error creating snapshot template: {error}");
        ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, text)
    })?;
    Ok(view(&snapshot))
}

/// The environment of a sandbox without the system's own entries.
pub(crate) fn own_envs(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let mut envs = sandbox.envs.clone();
    envs.retain(|name, _| {
        !["E2B_SANDBOX", "E2B_SANDBOX_ID", "E2B_TEMPLATE_ID"].contains(&name.as_str())
    });
    envs
}

/// Alias and tag of a name.
fn named(app: &App, text: &str) -> Result<(String, String), ControlError> {
    let reference = Reference::parse(text).ok_or_else(|| invalid_name(text))?;
    let tag = reference.tag().to_owned();
    let alias = match reference.name.split_once('/') {
        None => reference.name,
        Some((NAMESPACE, alias)) => alias.to_owned(),
        Some((namespace, _)) => {
            let text = format!("namespace '{namespace}' must match your team '{NAMESPACE}'");
            return Err(ControlError::bad_request(text));
        }
    };
    if template::built_in(&alias).is_some() {
        // A name of its own would hide the built-in template, which stands for a public one.
        let text = format!("Invalid name: '{alias}' is a built-in template");
        return Err(ControlError::bad_request(text));
    }
    if app.templates.find(&alias).is_some() {
        let text = format!("Alias '{alias}' is already used");
        return Err(ControlError::conflict(text));
    }
    Ok((alias, tag))
}

fn invalid_name(text: &str) -> ControlError {
    let text = format!("Invalid name: invalid template reference: '{text}'");
    ControlError::bad_request(text)
}

/// A page of snapshots, newest first.
pub(crate) fn list(app: &App, pairs: &Pairs) -> Result<Page, ControlError> {
    let limit = page::limit(pairs, page::LIMIT_MAX)?;
    let after = page::cursor(pairs, Order::Descending)?;
    let sandbox = match pairs.get("sandboxID") {
        None => None,
        Some(text) => match auth::sandbox_id(text) {
            Some(id) => Some(id),
            None => return Err(ControlError::bad_request("Invalid sandbox ID")),
        },
    };
    let name = match pairs.get("name").filter(|name| !name.is_empty()) {
        None => None,
        Some(text) => Some(Reference::parse(text).ok_or_else(|| invalid_name(text))?),
    };
    let mut found = app.snapshots.all();
    found.retain(|it| {
        sandbox.is_none_or(|id| it.sandbox_id == id)
            && name.as_ref().is_none_or(|name| {
                it.is_named(&name.name) && name.tag.as_ref().is_none_or(|tag| it.tag == *tag)
            })
    });
    let key = |it: &Arc<Snapshot>| Cursor {
        at: it.created_at,
        id: it.build_id.clone(),
    };
    Ok(page::cut(
        found,
        key,
        after.as_ref(),
        limit,
        Order::Descending,
        |it| view(it),
    ))
}

/// Deletes what a reference names: one tag of it, or with no tag all.
pub(crate) fn delete(app: &App, text: &str) -> Result<(), ControlError> {
    let Some(reference) = Reference::parse(text) else {
        let text = format!("Invalid template reference: '{text}'");
        return Err(ControlError::bad_request(text));
    };
    let name = &reference.name;
    if template::built_in(name).is_some() {
        let text = format!("you don't have access to template '{name}'");
        return Err(ControlError::new(StatusCode::FORBIDDEN, text));
    }
    if app.snapshots.delete(name, reference.tag.as_deref()) == 0 {
        let text = format!("template '{name}' not found");
        return Err(ControlError::not_found(text));
    }
    Ok(())
}

fn view(snapshot: &Snapshot) -> Value {
    json!({
        "snapshotID": snapshot.id(),
        "names": snapshot.name().into_iter().collect::<Vec<_>>(),
    })
}
