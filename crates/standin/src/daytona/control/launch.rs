//! Makes sandboxes: of a snapshot at once, of a build when it is done.

use std::sync::Arc;

use crate::daytona::app::App;
use crate::daytona::image::{Build, BuildState, Image, place_of};
use crate::daytona::sandbox::{Facts, Fixed, Sandbox, State};
use crate::daytona::toolbox;
use crate::engine::{EngineSandbox, Profile};

/// Makes a sandbox without an image yet.
///
/// # Errors
/// What the engine said.
pub(super) async fn make(
    app: &App,
    fixed: Fixed,
    facts: Facts,
    image: Option<&Image>,
) -> Result<Sandbox, String> {
    let engine = machine(app, &fixed, &facts, image).await?;
    let sandbox = without_machine(app, fixed, facts);
    sandbox.engine.settle(engine);
    Ok(sandbox)
}

/// Makes a sandbox that has no machine before its build is done.
pub(super) fn without_machine(app: &App, fixed: Fixed, facts: Facts) -> Sandbox {
    Sandbox::new(fixed, facts, app.tasks.stop.clone())
}

/// Makes the machine of a sandbox: of its image where the engine has that, else of the one that
/// stands for all.
async fn machine(
    app: &App,
    fixed: &Fixed,
    facts: &Facts,
    image: Option<&Image>,
) -> Result<Arc<dyn EngineSandbox>, String> {
    let mut profile = Profile::litellm(&fixed.id);
    profile.network = app.allow_network && !facts.network.block_all;
    profile.memory_bytes_max = app.memory_bytes_max;
    let built = image.and_then(|image| image.built.as_ref());
    let facts = built.map(|built| built.facts()).or(app.image.as_ref());
    profile.make_user = facts.is_none();
    profile.image = facts.map(|image| image.name.clone());
    let engine = app.engine.create(&profile).await;
    engine.map_err(|error| error.to_string())
}

/// Makes the machine that a sandbox has not yet.
async fn give_machine(app: &App, sandbox: &Sandbox, image: &Image) -> Result<(), String> {
    if image.built.is_none() {
        return Ok(());
    }
    let facts = sandbox.facts().clone();
    let engine = machine(app, &sandbox.fixed, &facts, Some(image)).await?;
    sandbox.engine.settle(engine);
    // Who destroyed the sandbox meanwhile has destroyed a machine that was not there.
    if sandbox.facts().state == State::Destroying {
        sandbox.engine.destroy().await;
    }
    Ok(())
}

/// Fills a sandbox with its image.
///
/// # Errors
/// Why it cannot start.
pub(super) async fn fill(sandbox: &Sandbox, image: Arc<Image>) -> Result<(), String> {
    if let Some(files) = &image.files {
        let filled = sandbox.engine.import_files(files.reader()).await;
        filled.map_err(|error| error.to_string())?;
    }
    let place = place_of(sandbox.engine.as_ref(), &image).await?;
    sandbox.settle(image, place);
    Ok(())
}

/// Follows a build, and starts the sandbox that waits for it.
pub(super) async fn when_built(app: Arc<App>, sandbox: Arc<Sandbox>, build: Arc<Build>) {
    let mut states = build.state();
    loop {
        let state = states.borrow_and_update().clone();
        match state {
            BuildState::Pending => {}
            BuildState::Building => set(&app, &sandbox, State::BuildingSnapshot, None),
            BuildState::Failed(reason) => {
                return set(&app, &sandbox, State::BuildFailed, Some(reason));
            }
            BuildState::Done(image) => {
                set(&app, &sandbox, State::Creating, None);
                if sandbox.facts().state == State::Destroying {
                    return;
                }
                let filled = match give_machine(&app, &sandbox, &image).await {
                    Ok(()) => fill(&sandbox, image).await,
                    Err(reason) => Err(reason),
                };
                return match filled {
                    Ok(()) => {
                        started(&app, &sandbox);
                        toolbox::begin_entrypoint(&app, &sandbox);
                    }
                    Err(reason) => set(&app, &sandbox, State::Error, Some(reason)),
                };
            }
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}

/// The sandbox runs from now on.
pub(super) fn started(app: &App, sandbox: &Sandbox) {
    sandbox.facts().last_activity_at = app.now();
    set(app, sandbox, State::Started, None);
}

/// A change of state, unless the sandbox is on its way out.
fn set(app: &App, sandbox: &Sandbox, state: State, error: Option<String>) {
    {
        let mut facts = sandbox.facts();
        if facts.state == State::Destroying {
            return;
        }
        facts.state = state;
        facts.error = error;
        facts.updated_at = app.now();
    }
    app.registry.changed.notify_one();
}
