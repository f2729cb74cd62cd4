//! `POST /v2/sandboxes` and `POST /sandboxes` (contract 1.5).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;

use crate::standin::e2b::app::App;
use crate::standin::e2b::auth;
use crate::standin::e2b::control::body::Fields;
use crate::standin::e2b::error::ControlError;
use crate::standin::e2b::process::table::ProcessTable;
use crate::standin::e2b::registry::SANDBOXES_MAX;
use crate::standin::e2b::sandbox::{LIFETIME_HOURS_MAX, Life, Sandbox, later};
use crate::standin::e2b::template::{self, ReferenceError, Template};
use crate::standin::e2b::watchers::Watchers;

/// Which generation of the API a request used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// `/sandboxes`: 15 s by default, secured when `secure` says so.
    V1,
    /// `/v2/sandboxes`: 300 s by default, always secured.
    V2,
}

/// What a request asks for.
#[derive(Debug)]
struct Wanted {
    template: &'static Template,
    seconds: i64,
    metadata: BTreeMap<String, String>,
    envs: BTreeMap<String, String>,
    secure: bool,
    auto_pause: bool,
    allow_internet: Option<bool>,
}

/// Makes a sandbox.
pub(crate) async fn create(
    app: &App,
    fields: &Fields,
    version: Version,
) -> Result<Arc<Sandbox>, ControlError> {
    let wanted = read(fields, version)?;
    let Some(slot) = app.registry.reserve() else {
        return Err(ControlError::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!(
                "you have reached the maximum number of concurrent E2B sandboxes \
                 ({SANDBOXES_MAX}). If you need more, please visit \
                 'https://e2b.dev/docs/billing'"
            ),
        ));
    };
    let profile = template::profile(app.allow_network);
    let engine = app.engine.create(&profile).await.map_err(|error| {
        // The prefix is the provider's (load-bearing, contract 1.5); the cause is ours.
        let text = format!("Failed to place sandbox: sandbox creation failed: {error}");
        ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, text)
    })?;
    let id = auth::new_sandbox_id();
    let now = app.clock.now();
    let dead = app.stopping.child_token();
    let life = Life {
        end_at: later(now, wanted.seconds),
        paused: false,
        link: dead.child_token(),
        running_since: now,
    };
    let sandbox = Sandbox {
        envs: environment(wanted.envs, &id, wanted.template),
        id,
        template: wanted.template,
        profile,
        metadata: wanted.metadata,
        token: wanted.secure.then(auth::new_token),
        started_at: now,
        auto_pause: wanted.auto_pause,
        allow_internet: wanted.allow_internet,
        engine,
        processes: ProcessTable::default(),
        watchers: Watchers::default(),
        dead,
        _slot: slot,
        life: Mutex::new(life),
    };
    Ok(app.registry.add(sandbox))
}

/// The sandbox-wide environment: the creator's may replace anything but the system's own entries.
fn environment(
    mut envs: BTreeMap<String, String>,
    id: &str,
    template: &Template,
) -> BTreeMap<String, String> {
    for (name, value) in [
        ("E2B_SANDBOX", "true"),
        ("E2B_SANDBOX_ID", id),
        ("E2B_TEMPLATE_ID", template.id),
    ] {
        envs.insert(name.to_owned(), value.to_owned());
    }
    envs
}

fn read(fields: &Fields, version: Version) -> Result<Wanted, ControlError> {
    let reference = fields.string("templateID")?;
    let default = match version {
        Version::V1 => 15,
        Version::V2 => 300,
    };
    let seconds = fields.seconds("timeout")?.unwrap_or(default);
    let metadata = fields.strings("metadata")?;
    let envs = fields.strings("envVars")?;
    let auto_pause = fields.boolean("autoPause")?.unwrap_or(false);
    let auto_pause_memory = fields.boolean("autoPauseMemory")?.unwrap_or(true);
    let secure = version == Version::V2 || fields.boolean("secure")?.unwrap_or(false);
    let allow_internet = fields.boolean("allow_internet_access")?;
    check_timeout(seconds)?;
    if !auto_pause_memory && !auto_pause {
        return Err(ControlError::bad_request(
            "autoPauseMemory=false only applies when autoPause is true.",
        ));
    }
    refuse_missing_features(fields, auto_pause_memory)?;
    let template = template::find(reference).map_err(|error| match error {
        ReferenceError::Invalid(text) => ControlError::bad_request(text),
        ReferenceError::NotFound(text) => ControlError::new(StatusCode::NOT_FOUND, text),
    })?;
    Ok(Wanted {
        template,
        seconds,
        metadata,
        envs,
        secure,
        auto_pause,
        allow_internet,
    })
}

/// The limits of a timeout at create, connect and resume.
pub(crate) fn check_timeout(seconds: i64) -> Result<(), ControlError> {
    if seconds <= 0 {
        return Err(ControlError::bad_request("Timeout must be greater than 0"));
    }
    if seconds > LIFETIME_HOURS_MAX * 3600 {
        let text = format!("Timeout cannot be greater than {LIFETIME_HOURS_MAX} hours");
        return Err(ControlError::bad_request(text));
    }
    Ok(())
}

/// What would be a fake success if it were accepted silently.
fn refuse_missing_features(fields: &Fields, memory: bool) -> Result<(), ControlError> {
    if !memory {
        return Err(ControlError::not_implemented("autoPauseMemory=false"));
    }
    for name in ["network", "mcp", "iam", "volumeMounts"] {
        if fields.says(name) {
            return Err(ControlError::not_implemented(name));
        }
    }
    let auto_resume = fields.get("autoResume").and_then(|it| it.get("enabled"));
    if auto_resume.and_then(serde_json::Value::as_bool) == Some(true) {
        return Err(ControlError::not_implemented("autoResume"));
    }
    Ok(())
}
