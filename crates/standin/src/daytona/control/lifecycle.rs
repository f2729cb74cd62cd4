//! Start, stop, archive, recover and delete (contract 1.5).

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::control::ApiError;
use crate::daytona::life;
use crate::daytona::sandbox::{Sandbox, State};
use crate::daytona::toolbox;

const IN_PROGRESS: &str = "Sandbox state change in progress";
const ERRORED: &str = "Sandbox is in an errored state";

/// How long a sandbox is on its way into the archive and back: seconds at the service; here just
/// long enough to be seen.
const ARCHIVING: Duration = Duration::from_millis(50);
const RESTORING: Duration = Duration::from_millis(50);

/// `POST .../start`: held until it has started, save from the archive.
pub(super) fn start(app: &Arc<App>, sandbox: &Arc<Sandbox>) -> Result<Value, ApiError> {
    let from = {
        let mut facts = sandbox.facts();
        let from = facts.state;
        // From the archive it is on its way already: nothing to add (contract 1.5).
        if matches!(from, State::Started | State::Restoring) {
            drop(facts);
            return Ok(sandbox.dto(app));
        }
        not_in_transition(from)?;
        if from.errored() {
            return Err(ApiError::bad(ERRORED));
        }
        if facts.dead {
            let reason = "the machine of the sandbox has failed";
            facts.state = State::Error;
            facts.error = Some(reason.to_owned());
            return Err(ApiError::bad(format!("Sandbox failed to start: {reason}")));
        }
        facts.state = if from == State::Archived {
            State::Restoring
        } else {
            State::Starting
        };
        facts.updated_at = app.now();
        from
    };
    if from == State::Archived {
        let dto = sandbox.dto(app);
        let (shared, sandbox) = (Arc::clone(app), Arc::clone(sandbox));
        app.tasks.background(async move {
            shared.clock.sleep(RESTORING).await;
            if sandbox.facts().state == State::Restoring {
                life::boot(&shared, &sandbox);
                toolbox::begin_entrypoint(&shared, &sandbox);
            }
        });
        return Ok(dto);
    }
    life::boot(app, sandbox);
    toolbox::begin_entrypoint(app, sandbox);
    Ok(sandbox.dto(app))
}

/// `POST .../stop`: answers at once; an ephemeral sandbox is destroyed.
pub(super) fn stop(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    asked: &Asked,
) -> Result<Value, ApiError> {
    let force = match asked.param("force").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            let message = "Validation failed (boolean string is expected)";
            return Err(ApiError::bad(message));
        }
    };
    {
        let mut facts = sandbox.facts();
        not_in_transition(facts.state)?;
        match facts.state {
            State::Started => {}
            state if state.errored() => return Err(ApiError::bad(ERRORED)),
            _ => return Err(ApiError::bad("Sandbox is not in a stoppable state")),
        }
        life::mark_stopping(&mut facts, app.now());
    }
    let dto = sandbox.dto(app);
    let (shared, sandbox) = (Arc::clone(app), Arc::clone(sandbox));
    app.tasks
        .background(async move { life::finish_stop(&shared, &sandbox, force).await });
    Ok(dto)
}

/// `POST .../archive`: answers at once.
pub(super) fn archive(app: &Arc<App>, sandbox: &Arc<Sandbox>) -> Result<Value, ApiError> {
    {
        let mut facts = sandbox.facts();
        not_in_transition(facts.state)?;
        if facts.state != State::Stopped {
            return Err(ApiError::bad("Sandbox is not stopped"));
        }
        if facts.auto_delete_min == 0 {
            return Err(ApiError::bad("Ephemeral sandboxes cannot be archived"));
        }
        facts.state = State::Archiving;
        facts.updated_at = app.now();
    }
    let dto = sandbox.dto(app);
    let (shared, sandbox) = (Arc::clone(app), Arc::clone(sandbox));
    app.tasks.background(async move {
        shared.clock.sleep(ARCHIVING).await;
        {
            let mut facts = sandbox.facts();
            if facts.state != State::Archiving {
                return;
            }
            facts.state = State::Archived;
            facts.updated_at = shared.now();
        }
        shared.registry.changed.notify_one();
    });
    Ok(dto)
}

/// `POST .../recover`: what goes wrong here, a machine that died or a build that failed, goes wrong
/// for good, so no state can be recovered from.
pub(super) fn recover() -> Result<Value, ApiError> {
    Err(ApiError::bad("Sandbox is not in a recoverable state"))
}

/// `DELETE /sandbox/{idOrName}`: answers at once with the sandbox on its way.
pub(super) fn delete(app: &Arc<App>, sandbox: &Arc<Sandbox>) -> Result<Value, ApiError> {
    {
        let mut facts = sandbox.facts();
        not_in_transition(facts.state)?;
        life::mark_destroying(&mut facts, app.now());
    }
    let dto = sandbox.dto(app);
    let (shared, sandbox) = (Arc::clone(app), Arc::clone(sandbox));
    app.tasks
        .background(async move { life::finish_destroy(&shared, &sandbox).await });
    Ok(dto)
}

/// Nothing else is under way.
pub(super) fn not_in_transition(state: State) -> Result<(), ApiError> {
    if state.in_transition() {
        return Err(ApiError::new(StatusCode::CONFLICT, IN_PROGRESS));
    }
    Ok(())
}
