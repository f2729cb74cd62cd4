//! Resize and backup (contract 1.5).

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use serde_json::Value;

use crate::daytona::app::App;
use crate::daytona::control::body::Fields;
use crate::daytona::control::lifecycle::not_in_transition;
use crate::daytona::control::{ApiError, check};
use crate::daytona::sandbox::{Backup, Facts, Resources, Sandbox, State};
use crate::shared::Archive;

/// How long a sandbox says `resizing`.
const RESIZING: Duration = Duration::from_millis(50);

/// `POST .../resize`: answers at once.
pub(super) async fn resize(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    body: Body,
) -> Result<Value, ApiError> {
    let mut fields = Fields::read(body).await?;
    let wish = ["cpu", "memory", "disk"].map(|name| fields.at_least(name, 1));
    fields.checked()?;
    let (back, resources) = {
        let mut facts = sandbox.facts();
        not_in_transition(facts.state)?;
        let resources = resized(&facts, wish)?;
        let back = facts.state;
        facts.state = State::Resizing {
            started: back == State::Started,
        };
        facts.updated_at = app.now();
        (back, resources)
    };
    let dto = sandbox.dto(app);
    let (shared, sandbox) = (Arc::clone(app), Arc::clone(sandbox));
    app.tasks.background(async move {
        shared.clock.sleep(RESIZING).await;
        let mut facts = sandbox.facts();
        if matches!(facts.state, State::Resizing { .. }) {
            facts.state = back;
            facts.resources = resources;
            facts.updated_at = shared.now();
        }
    });
    Ok(dto)
}

/// What a sandbox has after a resize.
fn resized(facts: &Facts, wish: [Option<i64>; 3]) -> Result<Resources, ApiError> {
    let [cpu, memory, disk] = wish;
    let has = facts.resources;
    let started = facts.state == State::Started;
    let message = if !started && facts.state != State::Stopped {
        "Sandbox must be in started or stopped state to resize"
    } else if disk.is_some() && started {
        "Disk resize can only be performed on a stopped sandbox"
    } else if started && cpu.is_some_and(|cpu| cpu < has.cpu) {
        "Sandbox must be in stopped state to decrease the number of CPU cores"
    } else if started && memory.is_some_and(|memory| memory < has.memory) {
        "Sandbox must be in stopped state to decrease memory"
    } else if disk.is_some_and(|disk| disk < has.disk) {
        "Sandbox disk size cannot be decreased"
    } else {
        ""
    };
    if !message.is_empty() {
        return Err(ApiError::bad(message));
    }
    let wanted = Resources {
        cpu: cpu.unwrap_or(has.cpu),
        memory: memory.unwrap_or(has.memory),
        disk: disk.unwrap_or(has.disk),
    };
    if wanted == has {
        return Err(ApiError::bad(
            "No resource changes specified - sandbox is already at the desired configuration",
        ));
    }
    check::per_sandbox(wanted)?;
    Ok(wanted)
}

/// `POST .../backup`: answers at once. The files are kept as the service keeps them: nobody sees
/// them, only that they are there.
pub(super) fn backup(app: &Arc<App>, sandbox: &Arc<Sandbox>) -> Result<Value, ApiError> {
    {
        let mut facts = sandbox.facts();
        if facts.auto_delete_min == 0 {
            return Err(ApiError::bad("Ephemeral sandboxes cannot be backed up"));
        }
        if facts.backup == Backup::InProgress {
            return Err(ApiError::bad("Sandbox backup is already in progress"));
        }
        not_in_transition(facts.state)?;
        if facts.dead || !matches!(facts.state, State::Started | State::Stopped) {
            return Err(ApiError::bad("Sandbox is not in valid state"));
        }
        facts.backup = Backup::InProgress;
    }
    let dto = sandbox.dto(app);
    let (shared, sandbox) = (Arc::clone(app), Arc::clone(sandbox));
    app.tasks.background(async move {
        let kept = match sandbox.engine.export_files().await {
            Ok(files) => Archive::unnamed(files)
                .await
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let outcome = match kept {
            Ok(archive) => {
                sandbox.keep_backup(archive);
                Backup::Completed(shared.now())
            }
            Err(error) => {
                tracing::debug!(error, "a backup failed");
                Backup::Failed
            }
        };
        sandbox.facts().backup = outcome;
    });
    Ok(dto)
}
