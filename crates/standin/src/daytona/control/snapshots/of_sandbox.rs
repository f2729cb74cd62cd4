//! `POST /sandbox/{idOrName}/snapshot`: a snapshot of a sandbox's files (contract 1.5).

use std::sync::Arc;

use axum::body::Body;
use serde_json::Value;
use uuid::Uuid;

use crate::daytona::app::App;
use crate::daytona::control::ApiError;
use crate::daytona::control::body::Fields;
use crate::daytona::control::lifecycle::not_in_transition;
use crate::daytona::control::snapshots::make::{check_count, taken};
use crate::daytona::control::snapshots::names;
use crate::daytona::image::Image;
use crate::daytona::sandbox::{Sandbox, State};
use crate::daytona::snapshots::{Snapshot, SnapshotState};
use crate::shared::Archive;

/// Begins a snapshot, and answers with the sandbox at once.
pub(in crate::daytona::control) async fn of_sandbox(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    body: Body,
) -> Result<Value, ApiError> {
    let mut fields = Fields::read(body).await?;
    let name = fields.text("name");
    let memory = fields.flag("includeMemory").unwrap_or(false);
    if fields.given("name").is_none() {
        fields.complain("name must be a string");
    }
    fields.checked()?;
    let name = name.unwrap_or_default();
    names::snapshot(&name)?;
    if memory {
        // The contract does not give the sentence; a container has no memory to keep.
        let message = "Memory snapshots are not supported for this sandbox";
        return Err(ApiError::unsupported(message));
    }
    check_count(app)?;
    let (snapshot, image, back) = begin(app, sandbox, &name)?;
    let dto = sandbox.dto(app);
    let (shared, sandbox) = (Arc::clone(app), Arc::clone(sandbox));
    app.tasks.background(async move {
        let taken = take(&sandbox, image).await;
        let now = shared.now();
        match taken {
            Ok(image) => {
                snapshot.activate(Arc::new(image), now);
                shared.snapshots.save(&snapshot).await;
            }
            Err(reason) => snapshot.set(SnapshotState::Error, Some(reason), now),
        }
        let mut facts = sandbox.facts();
        if matches!(facts.state, State::Snapshotting { .. }) {
            facts.state = back;
            facts.updated_at = shared.now();
        }
    });
    Ok(dto)
}

/// Marks both; what the snapshot is beyond the files, and the state to go back to.
fn begin(
    app: &App,
    sandbox: &Sandbox,
    name: &str,
) -> Result<(Arc<Snapshot>, Image, State), ApiError> {
    let mut facts = sandbox.facts();
    not_in_transition(facts.state)?;
    let back = facts.state;
    let started = match back {
        State::Started if !facts.dead => true,
        State::Stopped => false,
        _ => return Err(ApiError::bad("Sandbox is not in valid state")),
    };
    let base = sandbox
        .image()
        .ok_or_else(|| ApiError::bad("Sandbox is not in valid state"))?;
    let id = Uuid::new_v4().to_string();
    let mut image = Image::clone(base);
    image.reference = format!("cutover/snapshot-{id}:1");
    let now = app.now();
    let mut snapshot = Snapshot::new(id, name.to_owned(), SnapshotState::Snapshotting, now);
    snapshot.resources = facts.resources;
    snapshot.source = Some(sandbox.fixed.id.clone());
    snapshot.entrypoint.clone_from(&image.entrypoint);
    let snapshot = app.snapshots.add(snapshot).ok_or_else(|| taken(name))?;
    facts.state = State::Snapshotting { started };
    facts.updated_at = now;
    Ok((snapshot, image, back))
}

async fn take(sandbox: &Sandbox, mut image: Image) -> Result<Image, String> {
    let files = sandbox.engine.export_files().await;
    let files = files.map_err(|error| error.to_string())?;
    let kept = Archive::unnamed(files)
        .await
        .map_err(|error| error.to_string())?;
    image.files = Some(Arc::new(kept));
    Ok(image)
}
