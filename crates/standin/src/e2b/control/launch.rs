//! Making a sandbox: of an image, of a snapshot, of another sandbox's files.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use tokio::sync::{Semaphore, watch};

use crate::e2b::app::App;
use crate::e2b::auth;
use crate::e2b::build::Product;
use crate::e2b::control::started;
use crate::e2b::control::view::MIB;
use crate::e2b::error::ControlError;
use crate::e2b::image::Image;
use crate::e2b::life::{self, too_many};
use crate::e2b::log::{Level, SandboxLog};
use crate::e2b::network::Network;
use crate::e2b::process::table::ProcessTable;
use crate::e2b::sandbox::{INCOMING_MAX, Lifecycle, Sandbox, environment};
use crate::e2b::slots::{Full, Slot};
use crate::e2b::snapshots::Snapshot;
use crate::e2b::state::Life;
use crate::e2b::template::{self, Defaults, Template};
use crate::e2b::usage::UsageHistory;
use crate::e2b::watchers::Watchers;
use crate::engine::{EngineError, EngineSandbox, Profile};
use crate::shared::Archive;

/// What a new sandbox is to be.
#[derive(Debug, Clone)]
pub(crate) struct Blueprint {
    /// What it says it is made of.
    pub(crate) template: Template,
    /// Labels.
    pub(crate) metadata: BTreeMap<String, String>,
    /// Environment, without the system's own entries.
    pub(crate) envs: BTreeMap<String, String>,
    /// Whether envd asks for a token.
    pub(crate) secure: bool,
    /// Egress and ingress.
    pub(crate) network: Network,
    /// Its end.
    pub(crate) lifecycle: Lifecycle,
    /// Its files.
    pub(crate) files: Files,
    /// The image that they lie upon, where that is not the stand-in's own.
    pub(crate) image: Option<Image>,
    /// Its memory, where its template says it.
    pub(crate) memory_mb: Option<u64>,
    /// As whom and where things happen in it when a request does not say.
    pub(crate) defaults: Defaults,
    /// What was asked for and is not done; goes to its log.
    pub(crate) notes: Vec<&'static str>,
}

/// Where the files of a new sandbox come from.
#[derive(Debug, Clone)]
pub(crate) enum Files {
    /// The image.
    Image,
    /// A snapshot.
    Snapshot(Arc<Snapshot>),
    /// A sandbox that is being forked.
    Fork(Arc<Archive>),
    /// A template that was built here.
    Product(Arc<Product>),
}

/// Makes a sandbox. Runs to its end even if the caller goes away: who asked may come back with
/// its idempotency key, and a sandbox nobody asks for ends at its time.
pub(crate) async fn launch(
    app: &Arc<App>,
    blueprint: Blueprint,
) -> Result<Arc<Sandbox>, ControlError> {
    let slot = app.slots.reserve().map_err(|full| match full {
        Full::Plan => too_many(),
        Full::Machine => {
            let text = "Failed to place sandbox: not enough capacity for the requested resources \
                        right now, please retry shortly";
            ControlError::new(StatusCode::SERVICE_UNAVAILABLE, text)
                .coded("sandbox_capacity_unavailable")
        }
    })?;
    let task_app = Arc::clone(app);
    let work = app
        .tasks
        .spawn(async move { do_launch(&task_app, blueprint, slot).await });
    work.await
        .unwrap_or_else(|_| Err(not_created("the task failed")))
}

async fn do_launch(
    app: &Arc<App>,
    blueprint: Blueprint,
    slot: Slot,
) -> Result<Arc<Sandbox>, ControlError> {
    let limited = blueprint.network.limits_egress();
    let network = app.allow_network && !limited;
    // The operator's bound is on top of what a template asks for.
    let asked = blueprint.memory_mb.map(|mb| mb.saturating_mul(MIB));
    let memory = asked.map_or(app.memory_bytes_max, |asked| {
        asked.min(app.memory_bytes_max)
    });
    let image = blueprint.image.as_ref().map(Image::name);
    let image = image.or(app.image.as_deref());
    let profile = template::profile(network, memory, image);
    let engine = app.engine.create(&profile).await;
    let engine = engine.map_err(|error| not_created(&error.to_string()))?;
    if let Err(error) = fill(&blueprint.files, engine.as_ref()).await {
        engine.destroy().await;
        let what = "creating sandbox from a snapshot";
        return Err(ControlError::engine(what, &error));
    }
    if app.stopping.is_cancelled() {
        engine.destroy().await;
        return Err(not_created("the stand-in is stopping"));
    }
    let product = match &blueprint.files {
        Files::Product(product) => Some(Arc::clone(product)),
        _ => None,
    };
    let sandbox = app
        .registry
        .add(assemble(app, blueprint, profile, engine, slot));
    if let Some(product) = product
        && let Err(reason) = started::start(app, &sandbox, &product).await
    {
        if let Some(ending) = life::end(app, &sandbox.id) {
            // It only fails by a panic of the engine, which is not the client's to see.
            let _ = ending.await;
        }
        return Err(not_created(&reason));
    }
    Ok(sandbox)
}

async fn fill(files: &Files, engine: &dyn EngineSandbox) -> Result<(), EngineError> {
    let archive = match files {
        Files::Image => return Ok(()),
        Files::Snapshot(snapshot) => snapshot.open()?,
        Files::Fork(archive) => archive.reader(),
        Files::Product(product) => return product.contents.fill(engine).await,
    };
    engine.import_files(archive).await
}

fn assemble(
    app: &App,
    blueprint: Blueprint,
    profile: Profile,
    engine: Arc<dyn EngineSandbox>,
    slot: Slot,
) -> Sandbox {
    let id = auth::new_sandbox_id();
    let now = app.clock.now();
    let dead = app.stopping.child_token();
    let log = Arc::new(SandboxLog::new(app.clock.clone()));
    let life = Life::running(&dead, now, blueprint.lifecycle.seconds);
    let sandbox = Sandbox {
        envs: environment(blueprint.envs, &id, &blueprint.template),
        id,
        template: blueprint.template,
        profile,
        defaults: blueprint.defaults,
        image: blueprint.image,
        metadata: blueprint.metadata,
        token: blueprint.secure.then(auth::new_token),
        traffic_token: (!blueprint.network.is_public()).then(auth::new_token),
        started_at: now,
        lifecycle: blueprint.lifecycle,
        network: Arc::new(Mutex::new(blueprint.network)),
        engine,
        processes: ProcessTable::new(Arc::clone(&log)),
        watchers: Watchers::default(),
        dead,
        incoming: Arc::new(Semaphore::new(INCOMING_MAX)),
        log,
        usage: Arc::new(UsageHistory::new()),
        slot: Arc::new(slot),
        life: Mutex::new(life),
        settled: watch::Sender::new(()),
    };
    sandbox.note(Level::Info, "Sandbox started");
    match blueprint.files {
        Files::Image | Files::Product(_) => {}
        Files::Snapshot(_) | Files::Fork(_) => sandbox.note(
            Level::Warn,
            "Files, environment and metadata were copied; processes were not",
        ),
    }
    if sandbox.network().limits_egress() {
        let text = "Egress rules are kept but not applied: the sandbox has no network at all";
        sandbox.note(Level::Warn, text);
    }
    for note in blueprint.notes {
        sandbox.note(Level::Warn, note);
    }
    sandbox
}

/// The prefix is the provider's (load-bearing, contract 1.5); the cause is ours.
fn not_created(cause: &str) -> ControlError {
    let text = format!("Failed to place sandbox: sandbox creation failed: {cause}");
    ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, text).coded("sandbox_create_failed")
}
