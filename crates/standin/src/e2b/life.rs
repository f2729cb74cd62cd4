//! What happens to a sandbox beneath the words: pause, resume, end (contract 1.9).
//!
//! With memory every process inside is halted and goes on later. Without, every process is ended
//! and the next resume is a cold boot: files stay; processes, watchers and the creator's
//! environment are gone. An engine that cannot do either is answered for with 501.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;

use crate::e2b::app::App;
use crate::e2b::error::ControlError;
use crate::e2b::log::Level;
use crate::e2b::sandbox::Sandbox;
use crate::e2b::slots::SANDBOXES_MAX;
use crate::e2b::state::{PauseMode, State, later};
use crate::engine::EngineError;

/// How often every process is killed before a cold boot gives up: each time some may have forked.
const KILLS_MAX: u32 = 200;

/// How long a killed process is given to be gone.
const KILL_PAUSE: Duration = Duration::from_millis(10);

/// Why a sandbox was not paused.
#[derive(Debug)]
pub(crate) enum PauseError {
    /// It was not running but in this state.
    State(State),
    /// The engine did not do it.
    Engine(EngineError),
    /// The stand-in is stopping.
    Stopping,
}

impl fmt::Display for PauseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => write!(f, "it is {}", state.word()),
            Self::Engine(error) => write!(f, "{error}"),
            Self::Stopping => f.write_str("the stand-in is stopping"),
        }
    }
}

/// Pauses a running sandbox. A caller that goes away does not leave it half paused.
pub(crate) async fn pause(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    mode: PauseMode,
) -> Result<(), PauseError> {
    sandbox
        .begin(State::Running, State::Pausing)
        .map_err(PauseError::State)?;
    let (app, sandbox) = (Arc::clone(app), Arc::clone(sandbox));
    let tasks = app.tasks.clone();
    let work = tasks.spawn(async move { do_pause(&app, &sandbox, mode).await });
    work.await.unwrap_or(Err(PauseError::Stopping))
}

async fn do_pause(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    mode: PauseMode,
) -> Result<(), PauseError> {
    let done = match mode {
        PauseMode::Full => sandbox.engine.freeze(true).await,
        PauseMode::Filesystem => end_all(sandbox).await,
    };
    if let Err(error) = done {
        sandbox.settle(|life| life.state = State::Running);
        app.registry.touch();
        return Err(PauseError::Engine(error));
    }
    let now = app.clock.now();
    sandbox.settle(|life| {
        life.state = State::Paused(mode);
        life.end_at = now;
        life.link.cancel();
    });
    sandbox.slot.leave();
    sandbox.note(Level::Info, format!("Sandbox paused ({})", mode.word()));
    Ok(())
}

/// Resumes what is paused, after what is on its way there. `None` if it was something else.
pub(crate) async fn wake(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    memory: Option<bool>,
    seconds: i64,
) -> Option<Result<Arc<Sandbox>, ControlError>> {
    let state = sandbox.life().state;
    if let (State::Running, Some(mode)) = (state, sandbox.lifecycle.auto_pause) {
        // Its time has come a moment ago, and the task that pauses it has not come to it yet.
        // If that has just begun, this fails and the wait below is for it.
        if let Err(PauseError::Engine(error)) = pause(app, sandbox, mode).await {
            return Some(Err(ControlError::engine("pausing sandbox", &error)));
        }
    }
    sandbox.wait_settled().await;
    resume(app, sandbox, memory, seconds).await
}

/// Lets a paused sandbox run again, with memory or by a cold boot. `None` if it was not paused.
pub(crate) async fn resume(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    memory: Option<bool>,
    seconds: i64,
) -> Option<Result<Arc<Sandbox>, ControlError>> {
    let State::Paused(mode) = sandbox.life().state else {
        return None;
    };
    sandbox
        .begin(State::Paused(mode), State::Resuming(mode))
        .ok()?;
    let wanted = match mode {
        PauseMode::Full => PauseMode::of_memory(memory),
        PauseMode::Filesystem => PauseMode::Filesystem,
    };
    let (app, sandbox) = (Arc::clone(app), Arc::clone(sandbox));
    let tasks = app.tasks.clone();
    let work = tasks.spawn(async move {
        let outcome = do_resume(&app, &sandbox, mode, wanted, seconds).await;
        if outcome.is_err() {
            sandbox.settle(|life| life.state = State::Paused(mode));
        }
        app.registry.touch();
        outcome
    });
    let failed = || ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, "Error resuming sandbox");
    Some(work.await.unwrap_or_else(|_| Err(failed())))
}

async fn do_resume(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    mode: PauseMode,
    wanted: PauseMode,
    seconds: i64,
) -> Result<Arc<Sandbox>, ControlError> {
    if !app.slots.enter(&sandbox.slot) {
        return Err(too_many());
    }
    let failed = |error: EngineError| {
        sandbox.slot.leave();
        ControlError::engine("resuming sandbox", &error)
    };
    if wanted == PauseMode::Full {
        sandbox.engine.freeze(false).await.map_err(failed)?;
        let now = app.clock.now();
        sandbox.settle(|life| {
            life.state = State::Running;
            life.running_since = now;
            life.end_at = later(now, seconds);
            life.link = sandbox.dead.child_token();
        });
        sandbox.note(Level::Info, "Sandbox resumed");
        return Ok(Arc::clone(sandbox));
    }
    if mode == PauseMode::Full {
        // A halted process takes its end only where the engine lets it go on.
        sandbox
            .engine
            .signal_all(libc::SIGKILL)
            .await
            .map_err(failed)?;
        sandbox.engine.freeze(false).await.map_err(failed)?;
        end_all(sandbox).await.map_err(failed)?;
    }
    let now = app.clock.now();
    let booted = sandbox.rebooted(app.stopping.child_token(), now, seconds);
    let Some(booted) = app.registry.replace(sandbox, booted) else {
        return Err(ControlError::no_sandbox(&sandbox.id));
    };
    sandbox.dead.cancel();
    sandbox.settle(|life| life.state = State::Running);
    booted.note(Level::Info, "Sandbox booted from its files");
    Ok(booted)
}

/// Ends a sandbox: it answers nothing from now on, and a task takes it away.
///
/// Returns the task, so that a caller may wait until nothing is left; a caller that goes away does
/// not stop it.
pub(crate) fn end(app: &Arc<App>, id: &str) -> Option<tokio::task::JoinHandle<()>> {
    let sandbox = app.registry.remove(id)?;
    sandbox.dead.cancel();
    sandbox.life().link.cancel();
    let shared = Arc::clone(app);
    Some(app.tasks.spawn(async move {
        sandbox.engine.destroy().await;
        shared.registry.forget(&sandbox.id);
    }))
}

/// 429 of the plan's limit (contract 1.5).
pub(crate) fn too_many() -> ControlError {
    ControlError::new(
        StatusCode::TOO_MANY_REQUESTS,
        format!(
            "you have reached the maximum number of concurrent E2B sandboxes ({SANDBOXES_MAX}). \
             If you need more, please visit 'https://e2b.dev/docs/billing'"
        ),
    )
}

/// Ends every process inside, those too that are born meanwhile.
async fn end_all(sandbox: &Sandbox) -> Result<(), EngineError> {
    for _ in 0..KILLS_MAX {
        if sandbox.engine.signal_all(libc::SIGKILL).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(KILL_PAUSE).await;
    }
    Err(EngineError::Internal(
        "processes were still there after they were killed".to_owned(),
    ))
}
