//! `POST /sandbox` (contract 1.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::daytona::app::App;
use crate::daytona::control::body::Fields;
use crate::daytona::control::order::{Order, Source};
use crate::daytona::control::{ApiError, check, launch};
use crate::daytona::image::{BuildState, Work};
use crate::daytona::life;
use crate::daytona::sandbox::{Backup, BuildInfo, Facts, Fixed, State};
use crate::daytona::snapshots::{DEFAULT, Snapshot};
use crate::daytona::toolbox;

/// Makes a sandbox, and gives its DTO as it was inserted: a cold create still says `creating`
/// though it has started meanwhile, as Daytona's own does; the default snapshot is kept warm.
pub(super) async fn create(app: &Arc<App>, body: Body) -> Result<Value, ApiError> {
    let order = Order::read(app, &mut Fields::read(body).await?)?;
    check::total(app, order.resources)?;
    let id = Uuid::new_v4().to_string();
    let name = order.name.clone().unwrap_or_else(|| id.clone());
    if !app.registry.reserve(&name) {
        return Err(ApiError::conflict(format!(
            "Sandbox with name {name} already exists"
        )));
    }
    let made = match &order.source {
        Source::Snapshot(snapshot) => of_snapshot(app, &order, &id, &name, snapshot).await,
        Source::Build(build) => of_build(app, &order, &id, &name, build).await,
    };
    made.map_err(|reason| {
        app.registry.release(&name);
        ApiError::bad(format!("Sandbox failed to start: {reason}"))
    })
}

/// Held until it has started.
async fn of_snapshot(
    app: &Arc<App>,
    order: &Order,
    id: &str,
    name: &str,
    snapshot: &Snapshot,
) -> Result<Value, String> {
    let image = snapshot.facts().image.clone();
    let image = image.ok_or("Snapshot ref is not defined")?;
    let fixed = Fixed {
        snapshot: Some(snapshot.name.clone()),
        entrypoint: snapshot.entrypoint.clone(),
        ..fixed(app, order, id, &image.process_env())
    };
    let facts = facts(app, order, name, State::Creating);
    let sandbox = launch::make(app, fixed, facts, Some(&image)).await?;
    if let Err(reason) = launch::fill(&sandbox, image).await {
        sandbox.engine.destroy().await;
        return Err(reason);
    }
    snapshot.facts().last_used_at = Some(app.now());
    if snapshot.name == DEFAULT {
        launch::started(app, &sandbox);
    }
    let dto = sandbox.dto(app);
    launch::started(app, &sandbox);
    let sandbox = Arc::new(sandbox);
    toolbox::begin_entrypoint(app, &sandbox);
    app.registry.add(sandbox);
    Ok(dto)
}

/// Answers at once; the sandbox waits for its build.
async fn of_build(
    app: &Arc<App>,
    order: &Order,
    id: &str,
    name: &str,
    build: &BuildInfo,
) -> Result<Value, String> {
    let work = Work::new(
        &app.storage,
        &build.dockerfile,
        &build.hashes,
        &build.reference,
    );
    let recipe = work.recipe.as_ref();
    let env = recipe.map(|recipe| recipe.image.process_env());
    let fixed = Fixed {
        build: Some(build.clone()),
        ..fixed(app, order, id, &env.unwrap_or_default())
    };
    let of_image = app.engine.builds_images();
    let facts = facts(app, order, name, State::PendingBuild);
    // Where the image is the engine's own, there is no machine before the image is there.
    let sandbox = if of_image {
        launch::without_machine(app, fixed, facts)
    } else {
        launch::make(app, fixed, facts, None).await?
    };
    let sandbox = Arc::new(sandbox);
    let ordered = app.builds.order(work);
    if matches!(*ordered.state().borrow(), BuildState::Done(_)) {
        sandbox.facts().state = State::Creating;
    }
    let dto = sandbox.dto(app);
    app.registry.add(Arc::clone(&sandbox));
    app.tasks
        .background(launch::when_built(Arc::clone(app), sandbox, ordered));
    Ok(dto)
}

fn fixed(app: &App, order: &Order, id: &str, image_env: &BTreeMap<String, String>) -> Fixed {
    let mut env = image_env.clone();
    env.extend(order.env.clone());
    Fixed {
        id: id.to_owned(),
        snapshot: None,
        build: None,
        user: order.user.clone(),
        env,
        env_shown: order.env.clone(),
        entrypoint: None,
        target: order.target.clone(),
        created_at: app.now(),
    }
}

fn facts(app: &App, order: &Order, name: &str, state: State) -> Facts {
    let labels = order.labels.iter();
    let labels: Map<_, _> = labels
        .map(|(key, value)| (key.clone(), Value::String(value.clone())))
        .collect();
    let now = app.now();
    Facts {
        name: name.to_owned(),
        labels,
        public: order.public,
        state,
        error: None,
        resources: order.resources,
        network: order.network.clone(),
        auto_stop_min: order.auto_stop_min,
        auto_archive_min: order.auto_archive_min,
        auto_delete_min: order.auto_delete_min,
        destroy_at: order.destroy_at,
        backup: Backup::None,
        preview_token: life::new_token(),
        updated_at: now,
        last_activity_at: now,
        stopped_at: None,
        proxy_cached_until: None,
        dead: false,
    }
}
