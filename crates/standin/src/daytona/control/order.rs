//! What a create request asks for, checked (contract 1.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use crate::daytona::app::{App, REGIONS};
use crate::daytona::control::body::Fields;
use crate::daytona::control::settings::{auto_archive_min, auto_stop_min, ttl};
use crate::daytona::control::{ApiError, check, network};
use crate::daytona::image::reference_of;
use crate::daytona::sandbox::{BuildInfo, Network, Resources};
use crate::daytona::snapshots::{DEFAULT, Snapshot, SnapshotState};

/// Fields that would change what a sandbox is, and that the stand-in cannot honour.
const REFUSED: [&str; 7] = [
    "linkedSandbox",
    "secrets",
    "outboundProxyUrl",
    "otelEndpointOverride",
    "spot",
    "kvm",
    "volumes",
];

/// A create request that has passed every check.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) name: Option<String>,
    pub(super) source: Source,
    pub(super) resources: Resources,
    pub(super) user: String,
    pub(super) env: BTreeMap<String, String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) public: bool,
    pub(super) target: String,
    pub(super) network: Network,
    pub(super) auto_stop_min: i64,
    pub(super) auto_archive_min: i64,
    pub(super) auto_delete_min: i64,
    pub(super) destroy_at: Option<Timestamp>,
}

/// What the sandbox is made of.
#[derive(Debug)]
pub(super) enum Source {
    Snapshot(Arc<Snapshot>),
    Build(BuildInfo),
}

impl Order {
    /// Reads a request.
    ///
    /// # Errors
    /// What is wrong with it, in the order in which the service looks.
    pub(super) fn read(app: &App, fields: &mut Fields) -> Result<Self, ApiError> {
        let name = fields.text("name").filter(|name| !name.is_empty());
        let snapshot = fields.text("snapshot").unwrap_or_default();
        let user = fields.text("user").unwrap_or_else(|| "daytona".to_owned());
        let env = fields.texts("env").unwrap_or_default();
        let labels = fields.texts("labels").unwrap_or_default();
        let public = fields.flag("public").unwrap_or(false);
        let target = fields.text("target");
        let network = network::asked(fields);
        let auto_stop = fields.number("autoStopInterval");
        let auto_archive = fields.number("autoArchiveInterval");
        let auto_delete = fields.number("autoDeleteInterval").unwrap_or(-1);
        let auto_pause = fields.number("autoPauseInterval");
        let ttl_min = fields.number("ttlMinutes");
        let resources = check::resources(fields);
        let build = build_of(fields, app.now());
        fields.checked()?;
        if let Some(name) = &name {
            check::display_name(name)?;
        }
        refuse(fields)?;
        let target = target.unwrap_or_else(|| REGIONS[0].to_owned());
        if !REGIONS.contains(&target.as_str()) {
            return Err(ApiError::new(StatusCode::NOT_FOUND, "Region not found"));
        }
        if auto_pause.is_some_and(|minutes| minutes != 0) {
            return Err(check::no_pause());
        }
        let (source, resources) = source(app, fields, snapshot.trim(), build, resources)?;
        check::per_sandbox(resources)?;
        check::gpu(fields, auto_delete)?;
        Ok(Self {
            name,
            source,
            resources,
            user,
            env,
            labels,
            public,
            target,
            network: network::checked(app, network)?,
            auto_stop_min: auto_stop_min(auto_stop.unwrap_or(15))?,
            auto_archive_min: auto_archive_min(auto_archive.unwrap_or(10_080))?,
            auto_delete_min: auto_delete.max(-1),
            destroy_at: ttl(ttl_min.unwrap_or(0), app.now())?,
        })
    }
}

/// `buildInfo` of a request for a sandbox or a snapshot.
pub(super) fn build_of(fields: &mut Fields, now: Timestamp) -> Option<BuildInfo> {
    let mut inner = fields.object("buildInfo")?;
    let dockerfile = inner.text("dockerfileContent");
    if inner.given("dockerfileContent").is_none() {
        inner.complain("dockerfileContent must be a string");
    }
    let hashes = inner.list("contextHashes").unwrap_or_default();
    fields.take_complaints("buildInfo", inner);
    let dockerfile = dockerfile?;
    Some(BuildInfo {
        reference: reference_of(&dockerfile, &hashes),
        dockerfile,
        hashes,
        created_at: now,
    })
}

fn source(
    app: &App,
    fields: &Fields,
    snapshot: &str,
    build: Option<BuildInfo>,
    resources: Resources,
) -> Result<(Source, Resources), ApiError> {
    if let Some(build) = build {
        if !snapshot.is_empty() {
            let message = "Cannot specify a snapshot when using a build info entry";
            return Err(ApiError::bad(message));
        }
        return Ok((Source::Build(build), resources));
    }
    let named = |resource: &&str| fields.given(resource).is_some();
    if ["cpu", "memory", "disk", "gpu"].iter().any(named) {
        let message = "Cannot specify Sandbox resources when using a snapshot";
        return Err(ApiError::bad(message));
    }
    let wanted = if snapshot.is_empty() {
        DEFAULT
    } else {
        snapshot
    };
    let found = app.snapshots.find(wanted).ok_or_else(|| {
        ApiError::bad(format!(
            "Snapshot {wanted} not found. Did you add it through the Daytona Dashboard?"
        ))
    })?;
    let state = found.state(app.now());
    if state != SnapshotState::Active {
        let (name, state) = (&found.name, state.word());
        return Err(ApiError::bad(format!("Snapshot {name} is {state}")));
    }
    let resources = found.resources;
    Ok((Source::Snapshot(found), resources))
}

fn refuse(fields: &Fields) -> Result<(), ApiError> {
    for name in REFUSED {
        let nothing = |value: &Value| match value {
            Value::Bool(flag) => !flag,
            Value::Array(items) => items.is_empty(),
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        if fields.given(name).is_some_and(|value| !nothing(value)) {
            return Err(ApiError::not_implemented(&format!("`{name}` of a sandbox")));
        }
    }
    Ok(())
}
