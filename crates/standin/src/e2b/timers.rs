//! What time does to sandboxes: each is paused or killed at its end (contract 1.9). All on the
//! stand-in's clock, which can be advanced.

use std::sync::Arc;

use jiff::Timestamp;

use crate::e2b::app::App;
use crate::e2b::life;
use crate::e2b::log::Level;
use crate::e2b::state::State;
use crate::shared::deadlines;

/// Ends each sandbox when its time has come, until the stand-in stops.
pub(crate) async fn run(app: Arc<App>) {
    let fire = || fire(&app);
    deadlines::run(&app.clock, app.registry.changed(), &app.stopping, fire).await;
}

/// Ends what is due; when the next one is.
async fn fire(app: &Arc<App>) -> Option<Timestamp> {
    let ends = app.registry.ends();
    let now = app.clock.now();
    for (_, id) in ends.iter().filter(|(end, _)| *end <= now) {
        expire(app, id).await;
    }
    let next = ends.iter().map(|(end, _)| *end).filter(|end| *end > now);
    next.min()
}

/// What happens to a sandbox at its end: pause if its creator said so, else death. One that
/// cannot be paused dies too: it must not outlive its time.
pub(crate) async fn expire(app: &Arc<App>, id: &str) -> bool {
    let Some(sandbox) = app.registry.any(id) else {
        return false;
    };
    if sandbox.life().state != State::Running {
        // What is paused has no end, and what is on its way somewhere comes to it later.
        return false;
    }
    let Some(mode) = sandbox.lifecycle.auto_pause else {
        sandbox.note(Level::Info, "Sandbox expired");
        return life::end(app, id).is_some();
    };
    match life::pause(app, &sandbox, mode).await {
        Ok(()) => true,
        Err(life::PauseError::State(_)) => false,
        Err(error) => {
            sandbox.note(
                Level::Error,
                format!("Sandbox could not be paused: {error}"),
            );
            life::end(app, id).is_some()
        }
    }
}
