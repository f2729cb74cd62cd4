//! Copying a running sandbox's files while it stands still for a moment (contract 1.4, 1.7).

use std::sync::Arc;

use axum::http::StatusCode;

use crate::e2b::app::App;
use crate::e2b::control::lifecycle::find;
use crate::e2b::error::ControlError;
use crate::e2b::log::Level;
use crate::e2b::sandbox::Sandbox;
use crate::e2b::state::State;
use crate::engine::EngineError;
use crate::shared::Archive;

/// What a copy is for: the words of its refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `POST .../snapshots`.
    Snapshot,
    /// `POST .../fork`.
    Fork,
}

/// Copies the files of a running sandbox, which goes on under its id and with its end.
pub(crate) async fn copy(
    app: &Arc<App>,
    id: &str,
    purpose: Purpose,
) -> Result<(Arc<Sandbox>, Archive), ControlError> {
    let sandbox = find(app, id)?;
    let state = sandbox.life().state;
    if state == State::Running && !sandbox.is_running(app.clock.now()) {
        return Err(ControlError::no_sandbox(id));
    }
    sandbox
        .begin(State::Running, State::Snapshotting)
        .map_err(|state| refusal(id, purpose, state))?;
    let (task_app, copied) = (Arc::clone(app), Arc::clone(&sandbox));
    let work = app.tasks.spawn(async move {
        let outcome = while_halted(&task_app, &copied).await;
        copied.settle(|life| life.state = State::Running);
        task_app.registry.touch();
        outcome
    });
    let archive = match work.await {
        Ok(Ok(archive)) => archive,
        Ok(Err(error)) => return Err(ControlError::engine("copying sandbox", &error)),
        Err(_) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return Err(ControlError::new(status, "Error copying sandbox"));
        }
    };
    Ok((sandbox, archive))
}

async fn while_halted(app: &App, sandbox: &Sandbox) -> Result<Archive, EngineError> {
    sandbox.engine.freeze(true).await?;
    // Headers and padding of an archive: as much again is ample for files of ordinary size.
    let bytes_max = sandbox.profile.files_bytes_max.saturating_mul(2);
    let spooled = async {
        let stream = sandbox.engine.export_files().await?;
        let archive = Archive::bounded(app.snapshots.folder(), stream, bytes_max).await;
        archive.map_err(|error| EngineError::internal("keep archive", &error))
    };
    let outcome = tokio::select! {
        outcome = spooled => outcome,
        () = sandbox.dead.cancelled() => Err(EngineError::Gone),
    };
    sandbox.engine.freeze(false).await?;
    if outcome.is_ok() {
        sandbox.note(Level::Info, "Sandbox snapshot created");
    }
    outcome
}

fn refusal(id: &str, purpose: Purpose, state: State) -> ControlError {
    let word = state.word();
    let text = match (purpose, state) {
        (Purpose::Fork, State::Paused(_)) => {
            format!("Sandbox '{id}' is paused and cannot be forked; resume it first")
        }
        (Purpose::Fork, _) => {
            format!("Sandbox '{id}' cannot be forked while in '{word}' state")
        }
        // Paused ones are not in the provider's running store.
        (Purpose::Snapshot, State::Paused(_)) => return ControlError::no_sandbox(id),
        (Purpose::Snapshot, _) => {
            format!("Sandbox '{id}' cannot be snapshotted while in '{word}' state")
        }
    };
    ControlError::conflict(text)
}
