//! One snapshot: shown, activated, deactivated, deleted (contract 5.1).

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use crate::daytona::app::App;
use crate::daytona::control::ApiError;
use crate::daytona::snapshots::{Snapshot, SnapshotState};

/// How long a snapshot that is activated says `pending`.
const PENDING: Duration = Duration::from_millis(100);

/// By id or name.
///
/// # Errors
/// 404.
pub(in crate::daytona::control) fn find(
    app: &App,
    id_or_name: &str,
) -> Result<Arc<Snapshot>, ApiError> {
    app.snapshots.find(id_or_name).ok_or_else(|| {
        let message = format!("Snapshot with name {id_or_name} not found");
        ApiError::new(StatusCode::NOT_FOUND, message)
    })
}

/// `GET /snapshots/{idOrName}`.
pub(in crate::daytona::control) fn get(app: &App, id_or_name: &str) -> Result<Value, ApiError> {
    Ok(find(app, id_or_name)?.dto(app.now()))
}

/// `DELETE /snapshots/{id}`: by id only.
pub(in crate::daytona::control) async fn delete(app: &App, id: &str) -> Result<(), ApiError> {
    if Uuid::parse_str(id).is_err() {
        return Err(ApiError::bad("Validation failed (uuid is expected)"));
    }
    let snapshot = find(app, id)?;
    if snapshot.general {
        let message = "You cannot delete a general snapshot";
        return Err(ApiError::new(StatusCode::FORBIDDEN, message));
    }
    app.snapshots.remove(id);
    app.snapshots.forget(id).await;
    Ok(())
}

/// `POST /snapshots/{id}/activate`.
pub(in crate::daytona::control) fn activate(app: &Arc<App>, id: &str) -> Result<Value, ApiError> {
    let snapshot = find(app, id)?;
    let now = app.now();
    let name = &snapshot.name;
    match snapshot.state(now) {
        SnapshotState::Inactive => {}
        SnapshotState::Active => {
            return Err(ApiError::bad(format!("Snapshot {name} is already active")));
        }
        state => {
            let state = state.word();
            let message = format!("Snapshot {name} cannot be activated - it is in {state} state");
            return Err(ApiError::bad(message));
        }
    }
    snapshot.set(SnapshotState::Pending, None, now);
    let dto = snapshot.dto(now);
    let (shared, snapshot) = (Arc::clone(app), Arc::clone(&snapshot));
    app.tasks.background(async move {
        shared.clock.sleep(PENDING).await;
        snapshot.set(SnapshotState::Active, None, shared.now());
    });
    Ok(dto)
}

/// `POST /snapshots/{id}/deactivate`. The contract does not give the sentences of its refusals.
pub(in crate::daytona::control) fn deactivate(app: &App, id: &str) -> Result<(), ApiError> {
    let snapshot = find(app, id)?;
    let now = app.now();
    if snapshot.general {
        let message = "You cannot deactivate a general snapshot";
        return Err(ApiError::new(StatusCode::FORBIDDEN, message));
    }
    let state = snapshot.state(now);
    if state == SnapshotState::Active {
        snapshot.set(SnapshotState::Inactive, None, now);
    } else if state != SnapshotState::Inactive {
        let (name, state) = (&snapshot.name, state.word());
        let message = format!("Snapshot {name} cannot be deactivated - it is in {state} state");
        return Err(ApiError::bad(message));
    }
    Ok(())
}
