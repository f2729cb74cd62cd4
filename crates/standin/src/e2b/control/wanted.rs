//! What a create asks for: types, then meaning, in the provider's order (contract 1.5).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::e2b::app::App;
use crate::e2b::body::{Fields, mismatch};
use crate::e2b::build::{Product, Resources};
use crate::e2b::control::launch::{Blueprint, Files};
use crate::e2b::error::ControlError;
use crate::e2b::image::Image;
use crate::e2b::network::Network;
use crate::e2b::sandbox::{LIFETIME_HOURS_MAX, Lifecycle};
use crate::e2b::snapshots::Snapshot;
use crate::e2b::state::PauseMode;
use crate::e2b::template::{self, CPU_COUNT, Defaults, Reference, Template};

/// Which generation of the API a request used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// `/sandboxes`: 15 s by default, secured when `secure` says so.
    V1,
    /// `/v2/sandboxes`: 300 s by default, always secured.
    V2,
}

/// Tokens of `iam` at most.
const IAM_TOKENS_MAX: usize = 5;

/// The members of a create, typed.
#[derive(Debug)]
struct Members<'fields> {
    reference: &'fields str,
    seconds: i64,
    metadata: BTreeMap<String, String>,
    envs: BTreeMap<String, String>,
    secure: bool,
    auto_pause: bool,
    /// What a pause at its end keeps.
    pause_mode: PauseMode,
    auto_resume: bool,
    network: Network,
    volumes: usize,
    notes: Vec<&'static str>,
}

/// What a reference names.
#[derive(Debug)]
pub(crate) enum Source {
    /// A template that is built in.
    BuiltIn(Template),
    /// A snapshot.
    Snapshot(Arc<Snapshot>),
    /// A build of a template.
    Made(Made),
}

/// A ready build.
#[derive(Debug)]
pub(crate) struct Made {
    /// What its sandboxes say they are made of.
    pub(crate) template: Template,
    /// What they have.
    pub(crate) resources: Resources,
    /// What they are made of.
    pub(crate) product: Arc<Product>,
}

/// Reads and checks a create.
pub(crate) fn read(
    app: &App,
    fields: &Fields,
    version: Version,
) -> Result<Blueprint, ControlError> {
    let members = types(fields, version)?;
    let source = resolve(app, members.reference)?;
    if members.pause_mode == PauseMode::Filesystem && !members.auto_pause {
        return Err(ControlError::bad_request(
            "autoPauseMemory=false only applies when autoPause is true.",
        ));
    }
    check_timeout(members.seconds)?;
    members.network.check()?;
    if !members.network.is_public() && !members.secure {
        return Err(ControlError::bad_request(
            "You cannot create a sandbox without public access unless you enable secure envd \
             access via 'secure' flag.",
        ));
    }
    if members.volumes > 0 {
        return Err(ControlError::bad_request("Volume mounts are not enabled."));
    }
    Ok(blueprint(members, source))
}

fn blueprint(members: Members<'_>, source: Source) -> Blueprint {
    let lifecycle = Lifecycle {
        auto_pause: members.auto_pause.then_some(members.pause_mode),
        auto_resume: members.auto_resume,
        seconds: members.seconds,
    };
    let mut blueprint = Blueprint {
        template: Template {
            alias: None,
            id: String::new(),
            cpus: CPU_COUNT,
        },
        metadata: members.metadata,
        envs: members.envs,
        secure: members.secure,
        network: members.network,
        lifecycle,
        files: Files::Image,
        image: None,
        memory_mb: None,
        defaults: Defaults::default(),
        notes: members.notes,
    };
    match source {
        Source::BuiltIn(template) => blueprint.template = template,
        Source::Snapshot(snapshot) => {
            blueprint.template = snapshot.template();
            // What a request says replaces what the snapshot remembers, as a new `/init` of envd
            // would; what it leaves empty is kept.
            if blueprint.envs.is_empty() {
                blueprint.envs.clone_from(&snapshot.envs);
            }
            if blueprint.metadata.is_empty() {
                blueprint.metadata.clone_from(&snapshot.metadata);
            }
            let named = || snapshot.image.clone().map(Image::Named);
            blueprint.image = snapshot.held.clone().or_else(named);
            blueprint.defaults = snapshot.defaults.clone();
            blueprint.files = Files::Snapshot(snapshot);
        }
        Source::Made(made) => {
            blueprint.template = made.template;
            blueprint.memory_mb = Some(made.resources.memory_mb);
            blueprint.image.clone_from(&made.product.contents.image);
            blueprint.defaults = made.product.context.defaults();
            blueprint.files = Files::Product(made.product);
        }
    }
    blueprint
}

/// What a `templateID` names.
pub(crate) fn resolve(app: &App, text: &str) -> Result<Source, ControlError> {
    let Some(reference) = Reference::parse(text) else {
        let text = format!("Invalid template reference: '{text}'");
        return Err(ControlError::bad_request(text));
    };
    let name = &reference.name;
    let no_tag = || {
        let tag = reference.tag();
        ControlError::not_found(format!("tag '{tag}' does not exist for template '{name}'"))
    };
    if let Some(template) = template::built_in(name) {
        return match reference.tag() {
            template::DEFAULT_TAG => Ok(Source::BuiltIn(template)),
            _ => Err(no_tag()),
        };
    }
    if let Some(made) = app.templates.find(name) {
        let build = made.tagged(reference.tag()).ok_or_else(no_tag)?;
        let product = build.product().ok_or_else(no_tag)?;
        return Ok(Source::Made(Made {
            template: made.of(&build),
            resources: build.resources,
            product,
        }));
    }
    let named = app.snapshots.named(name);
    if named.is_empty() {
        return Err(ControlError::not_found(format!(
            "template '{name}' not found"
        )));
    }
    let tagged = |snapshot: &Arc<Snapshot>| snapshot.tag == reference.tag();
    let found = named.into_iter().find(tagged);
    found.map(Source::Snapshot).ok_or_else(no_tag)
}

fn types(fields: &Fields, version: Version) -> Result<Members<'_>, ControlError> {
    let default = match version {
        Version::V1 => 15,
        Version::V2 => 300,
    };
    let mut notes = Vec::new();
    match fields.get("mcp") {
        None => {}
        Some(Value::Object(servers)) if servers.is_empty() => {}
        Some(Value::Object(_)) => notes.push("mcp is kept, but no gateway runs in this image"),
        Some(_) => return Err(mismatch("mcp", "value must be an object")),
    }
    if check_iam(fields)? {
        notes.push("iam is checked, but no tokens are issued");
    }
    Ok(Members {
        reference: fields.string("templateID")?,
        seconds: fields.seconds("timeout")?.unwrap_or(default),
        metadata: fields.strings("metadata")?,
        envs: fields.strings("envVars")?,
        secure: version == Version::V2 || fields.boolean("secure")?.unwrap_or(false),
        auto_pause: fields.boolean("autoPause")?.unwrap_or(false),
        pause_mode: PauseMode::of_memory(fields.boolean("autoPauseMemory")?),
        auto_resume: auto_resume(fields)?,
        network: Network::read(fields)?,
        volumes: volumes(fields)?,
        notes,
    })
}

fn auto_resume(fields: &Fields) -> Result<bool, ControlError> {
    match fields.get("autoResume") {
        None => Ok(false),
        Some(Value::Object(members)) => match members.get("enabled") {
            Some(Value::Bool(enabled)) => Ok(*enabled),
            Some(_) => Err(mismatch("autoResume/enabled", "value must be a boolean")),
            None => Err(mismatch("autoResume", "property \"enabled\" is missing")),
        },
        Some(_) => Err(mismatch("autoResume", "value must be an object")),
    }
}

/// Whether there are any tokens.
fn check_iam(fields: &Fields) -> Result<bool, ControlError> {
    let Some(iam) = fields.get("iam") else {
        return Ok(false);
    };
    let tokens = match iam.get("tokens") {
        None if iam.is_object() => return Ok(false),
        None => return Err(mismatch("iam", "value must be an object")),
        Some(Value::Object(tokens)) => tokens,
        Some(_) => return Err(mismatch("iam/tokens", "value must be an object")),
    };
    if tokens.len() > IAM_TOKENS_MAX {
        let what = format!("there must be at most {IAM_TOKENS_MAX} properties");
        return Err(mismatch("iam/tokens", &what));
    }
    for (name, token) in tokens {
        let at = |member: &str| format!("iam/tokens/{name}/{member}");
        if !token.get("audience").is_some_and(Value::is_string) {
            return Err(mismatch(&at("audience"), "value must be a string"));
        }
        if token.get("tokenType").and_then(Value::as_str) != Some("JWT-SVID") {
            let what = "value is not one of the allowed values [\"JWT-SVID\"]";
            return Err(mismatch(&at("tokenType"), what));
        }
    }
    Ok(!tokens.is_empty())
}

/// How many volumes are to be mounted.
fn volumes(fields: &Fields) -> Result<usize, ControlError> {
    match fields.get("volumeMounts") {
        None => Ok(0),
        Some(Value::Array(mounts)) => {
            for (index, mount) in mounts.iter().enumerate() {
                for name in ["name", "path"] {
                    if !mount.get(name).is_some_and(Value::is_string) {
                        let at = format!("volumeMounts/{index}/{name}");
                        return Err(mismatch(&at, "value must be a string"));
                    }
                }
            }
            Ok(mounts.len())
        }
        Some(_) => Err(mismatch("volumeMounts", "value must be an array")),
    }
}

/// The limits of a timeout at create, connect, resume and fork.
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
