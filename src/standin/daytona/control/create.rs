//! `POST /sandbox` (contract 1.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::standin::daytona::control::body::Fields;
use crate::standin::daytona::control::{ApiError, snapshots};
use crate::standin::daytona::sandbox::{Facts, Fixed, Place, Sandbox, State};
use crate::standin::daytona::world::{REGIONS, World};
use crate::standin::engine::{EngineSandbox, Identity, Profile};

/// The longest that a stopped sandbox waits to be archived, in minutes (contract 7.1).
pub(super) const AUTO_ARCHIVE_MIN_MAX: i64 = 43_200;

/// Fields that would change what a sandbox is, and that the stand-in cannot honour.
const REFUSED: [&str; 10] = [
    "buildInfo",
    "linkedSandbox",
    "networkAllowList",
    "domainAllowList",
    "autoPauseInterval",
    "ttlMinutes",
    "secrets",
    "outboundProxyUrl",
    "otelEndpointOverride",
    "spot",
];

/// A create request that has passed every check.
#[derive(Debug)]
struct Order {
    name: Option<String>,
    snapshot: &'static str,
    user: String,
    env: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    public: bool,
    target: String,
    network_block_all: bool,
    auto_stop_min: i64,
    auto_archive_min: i64,
    auto_delete_min: i64,
}

/// Makes a sandbox, and gives its DTO as it was inserted: a cold create still says `creating`
/// though it has started meanwhile, as Daytona's own does; the default snapshot is kept warm.
pub(super) async fn create(world: &World, body: Body) -> Result<Value, ApiError> {
    let order = Order::read(&mut Fields::read(body).await?)?;
    let id = Uuid::new_v4().to_string();
    let name = order.name.clone().unwrap_or_else(|| id.clone());
    if !world.registry.reserve(&name) {
        return Err(ApiError::conflict(format!(
            "Sandbox with name {name} already exists"
        )));
    }
    let made = make(world, &order, id, name.clone()).await;
    let sandbox = match made {
        Ok(sandbox) => Arc::new(sandbox),
        Err(error) => {
            world.registry.release(&name);
            return Err(error);
        }
    };
    let warm = order.snapshot == snapshots::DEFAULT;
    if !warm {
        sandbox.facts().state = State::Creating;
    }
    let dto = sandbox.dto(world);
    sandbox.facts().state = State::Started;
    world.registry.add(sandbox);
    Ok(dto)
}

impl Order {
    fn read(fields: &mut Fields) -> Result<Self, ApiError> {
        let name = fields.text("name").filter(|name| !name.is_empty());
        let snapshot = fields.text("snapshot").unwrap_or_default();
        let user = fields.text("user").unwrap_or_else(|| "daytona".to_owned());
        let env = fields.texts("env").unwrap_or_default();
        let labels = fields.texts("labels").unwrap_or_default();
        let public = fields.flag("public").unwrap_or(false);
        let target = fields
            .text("target")
            .unwrap_or_else(|| REGIONS[0].to_owned());
        let network_block_all = fields.flag("networkBlockAll").unwrap_or(false);
        let auto_stop = fields.number("autoStopInterval");
        let auto_archive = fields.number("autoArchiveInterval");
        let auto_delete = fields.number("autoDeleteInterval");
        for resource in ["cpu", "memory", "disk", "gpu"] {
            fields.number(resource);
        }
        fields.checked()?;
        refuse(fields, !snapshot.trim().is_empty())?;
        if !REGIONS.contains(&target.as_str()) {
            return Err(ApiError::new(StatusCode::NOT_FOUND, "Region not found"));
        }
        Ok(Self {
            name,
            snapshot: snapshots::for_create(snapshot.trim())?,
            user,
            env,
            labels,
            public,
            target,
            network_block_all,
            auto_stop_min: auto_stop_min(auto_stop.unwrap_or(15))?,
            auto_archive_min: auto_archive_min(auto_archive.unwrap_or(10_080))?,
            auto_delete_min: auto_delete.unwrap_or(-1),
        })
    }
}

fn refuse(fields: &Fields, has_snapshot: bool) -> Result<(), ApiError> {
    if has_snapshot && fields.given("buildInfo").is_some() {
        return Err(ApiError::bad(
            "Cannot specify a snapshot when using a build info entry",
        ));
    }
    for name in REFUSED {
        if fields
            .given(name)
            .is_some_and(|value| *value != Value::Bool(false))
        {
            return Err(ApiError::not_implemented(&format!("`{name}` of a sandbox")));
        }
    }
    if fields
        .given("volumes")
        .is_some_and(|volumes| *volumes != Value::Array(Vec::new()))
    {
        return Err(ApiError::not_implemented("`volumes` of a sandbox"));
    }
    let resources = ["cpu", "memory", "disk", "gpu"];
    if resources
        .iter()
        .any(|resource| fields.given(resource).is_some())
    {
        return Err(ApiError::bad(
            "Cannot specify Sandbox resources when using a snapshot",
        ));
    }
    Ok(())
}

/// Checks an auto-stop interval.
pub(super) fn auto_stop_min(minutes: i64) -> Result<i64, ApiError> {
    if minutes < 0 {
        return Err(ApiError::bad("Auto-stop interval must be non-negative"));
    }
    Ok(minutes)
}

/// Checks an auto-archive interval, and brings it within its bound.
pub(super) fn auto_archive_min(minutes: i64) -> Result<i64, ApiError> {
    match minutes {
        ..0 => Err(ApiError::bad("Auto-archive interval must be non-negative")),
        0 => Ok(AUTO_ARCHIVE_MIN_MAX),
        _ => Ok(minutes.min(AUTO_ARCHIVE_MIN_MAX)),
    }
}

async fn make(world: &World, order: &Order, id: String, name: String) -> Result<Sandbox, ApiError> {
    let mut profile = Profile::litellm(&id);
    profile.network = world.allow_network && !order.network_block_all;
    let failed = |reason: &dyn std::fmt::Display| {
        ApiError::bad(format!("Sandbox failed to start: {reason}"))
    };
    let engine = world
        .engine
        .create(&profile)
        .await
        .map_err(|error| failed(&error))?;
    let place = match place_of(engine.as_ref()).await {
        Ok(place) => place,
        Err(reason) => {
            engine.destroy().await;
            return Err(failed(&reason));
        }
    };
    let now = world.now();
    let fixed = Fixed {
        id,
        snapshot: order.snapshot.to_owned(),
        user: order.user.clone(),
        env: order.env.clone(),
        target: order.target.clone(),
        network_block_all: order.network_block_all,
        created_at: now,
    };
    let labels = order.labels.iter();
    let labels: Map<_, _> = labels
        .map(|(key, value)| (key.clone(), Value::String(value.clone())))
        .collect();
    let facts = Facts {
        name,
        labels,
        public: order.public,
        state: State::Started,
        error: None,
        auto_stop_min: order.auto_stop_min,
        auto_archive_min: order.auto_archive_min,
        auto_delete_min: order.auto_delete_min,
        updated_at: now,
        last_activity_at: now,
        stopped_at: None,
        proxy_cached_until: None,
        dead: false,
    };
    // Only an engine with process ids of the sandbox's own says that it isolates.
    let own_process_ids = world
        .engine
        .capabilities()
        .iter()
        .any(|word| word == "isolation");
    let stop = world.stop.clone();
    Ok(Sandbox::new(
        fixed,
        facts,
        engine,
        place,
        own_process_ids,
        stop,
    ))
}

/// The image's user: the daemon and everything it starts runs as it (contract 3.1).
async fn place_of(engine: &dyn EngineSandbox) -> Result<Place, String> {
    let accounts = engine.accounts().await.map_err(|error| error.to_string())?;
    let account = accounts
        .into_iter()
        .find(|account| account.name == "user")
        .ok_or("the image has no account `user`")?;
    Ok(Place {
        work_dir: account.home.clone(),
        home: account.home,
        identity: Identity::User {
            uid: account.uid,
            gid: account.gid,
            groups: account.groups,
        },
    })
}
