//! Templates: those built in, those that were built here, and those that snapshots became
//! (contract 7.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::e2b::app::App;
use crate::e2b::build::{Build, MadeTemplate, Resources};
use crate::e2b::control::build;
use crate::e2b::control::page::{self, Cursor, LIMIT_MAX, Order, Page, Pairs};
use crate::e2b::control::snapshots;
use crate::e2b::control::view::MIB;
use crate::e2b::control::wanted::{self, Source};
use crate::e2b::error::ControlError;
use crate::e2b::sandbox::ENVD_VERSION;
use crate::e2b::snapshots::Snapshot;
use crate::e2b::template::{self, BUILT_IN, CPU_COUNT, Reference};

/// What is said of a template.
#[derive(Debug)]
struct Listed {
    id: String,
    build: String,
    /// With their namespaces, if they have one.
    names: Vec<String>,
    aliases: Vec<String>,
    public: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    builds: usize,
    /// How far its last build is.
    status: &'static str,
    resources: Option<Resources>,
}

/// The word of a build that sandboxes can be made of.
const READY: &str = "ready";

/// All of them: what is built in first, then the others, oldest first.
fn all(app: &App) -> Vec<Listed> {
    let mut all: Vec<Listed> = BUILT_IN
        .iter()
        .map(|(alias, id, build)| Listed {
            id: (*id).to_owned(),
            build: (*build).to_owned(),
            names: vec![(*alias).to_owned()],
            aliases: vec![(*alias).to_owned()],
            public: true,
            created_at: app.started_at,
            updated_at: app.started_at,
            builds: 1,
            status: READY,
            resources: None,
        })
        .collect();
    let mut by_template: BTreeMap<String, Vec<Arc<Snapshot>>> = BTreeMap::new();
    for snapshot in app.snapshots.all() {
        let same = by_template.entry(snapshot.template_id.clone());
        same.or_default().push(snapshot);
    }
    all.extend(app.templates.all().iter().filter_map(of_made));
    all.extend(by_template.into_values().filter_map(|tags| of_tags(&tags)));
    let built_in = |id: &str| BUILT_IN.iter().any(|(_, known, _)| *known == id);
    all.sort_by_key(|template| (!built_in(&template.id), template.created_at));
    all
}

/// One that was built here: with the build that sandboxes are made of, or else the last one.
fn of_made(template: &MadeTemplate) -> Option<Listed> {
    let default = template.tagged(template::DEFAULT_TAG);
    let shown = default.or_else(|| template.builds.last().cloned())?;
    Some(Listed {
        id: template.id.clone(),
        build: shown.id.clone(),
        names: vec![template.name()],
        aliases: vec![template.alias.clone()],
        public: template.public,
        created_at: template.created_at,
        updated_at: template.updated_at,
        builds: template.builds.len(),
        status: shown.status().word(),
        resources: Some(shown.resources),
    })
}

/// One template of all the tags that a name has.
fn of_tags(tags: &[Arc<Snapshot>]) -> Option<Listed> {
    let (first, last) = (tags.first()?, tags.last()?);
    let shown = tags.iter().find(|it| it.is_default()).unwrap_or(last);
    Some(Listed {
        id: shown.template_id.clone(),
        build: shown.build_id.clone(),
        names: shown.name().into_iter().collect(),
        aliases: shown.alias.clone().into_iter().collect(),
        public: false,
        created_at: first.created_at,
        updated_at: last.created_at,
        builds: tags.len(),
        status: READY,
        resources: None,
    })
}

/// `GET /templates`.
pub(crate) fn list(app: &App) -> Value {
    all(app).iter().map(|it| view(app, it)).collect()
}

/// `GET /v2/templates`: the same in pages, newest first.
pub(crate) fn page(app: &App, pairs: &Pairs) -> Result<Page, ControlError> {
    let limit = page::limit(pairs, LIMIT_MAX)?;
    let order = Order::Descending;
    let view = |template: &Listed| view(app, template);
    let after = page::cursor(pairs, order)?;
    let key = |template: &Listed| Cursor {
        at: template.created_at,
        id: template.id.clone(),
    };
    Ok(page::cut(all(app), key, after.as_ref(), limit, order, view))
}

/// `GET /templates/{id}`.
pub(crate) fn one(app: &App, text: &str) -> Result<Value, ControlError> {
    let found = find(app, text)?;
    let mut view = view(app, &found);
    if let Some(made) = app.templates.find(&found.id) {
        let builds = made.builds.iter().rev().map(|build| of_build(&view, build));
        view["builds"] = builds.collect();
        return Ok(view);
    }
    view["builds"] = json!([{
        "buildID": found.build,
        "status": "ready",
        "createdAt": found.created_at.to_string(),
        "updatedAt": found.updated_at.to_string(),
        "finishedAt": found.updated_at.to_string(),
        "cpuCount": CPU_COUNT,
        "memoryMB": view["memoryMB"].clone(),
        "diskSizeMB": view["diskSizeMB"].clone(),
        "envdVersion": ENVD_VERSION,
    }]);
    Ok(view)
}

/// One build of a template that was built here.
fn of_build(template: &Value, build: &Build) -> Value {
    let finished_at = build.finished_at();
    let mut view = json!({
        "buildID": build.id,
        "status": build.status().word(),
        "createdAt": build.created_at.to_string(),
        "updatedAt": finished_at.unwrap_or(build.created_at).to_string(),
        "cpuCount": build.resources.cpus,
        "memoryMB": build.resources.memory_mb,
        "diskSizeMB": template["diskSizeMB"],
        "envdVersion": ENVD_VERSION,
    });
    if let Some(at) = finished_at {
        view["finishedAt"] = json!(at.to_string());
    }
    view
}

/// `GET /templates/aliases/{alias}`: whether there is such a template.
pub(crate) fn alias(app: &App, text: &str) -> Result<Value, ControlError> {
    let found = find(app, text)?;
    Ok(json!({"templateID": found.id, "public": found.public}))
}

/// `GET /templates/{id}/tags`.
pub(crate) fn tags(app: &App, text: &str) -> Result<Value, ControlError> {
    let found = find(app, text)?;
    if let Some(made) = app.templates.find(&found.id) {
        return Ok(build::tag_list(&made));
    }
    let of_snapshots = app.snapshots.named(&found.id);
    if of_snapshots.is_empty() {
        let created_at = found.created_at.to_string();
        let tag = template::DEFAULT_TAG;
        return Ok(json!([{"tag": tag, "buildID": found.build, "createdAt": created_at}]));
    }
    let view = |it: &Arc<Snapshot>| {
        let created_at = it.created_at.to_string();
        json!({"tag": it.tag, "buildID": it.build_id, "createdAt": created_at})
    };
    Ok(of_snapshots.iter().map(view).collect())
}

/// `DELETE /templates/{id}`: one that was built here goes with all its builds and tags, of a
/// snapshot what the reference names.
pub(crate) fn delete(app: &App, text: &str) -> Result<(), ControlError> {
    let made = Reference::parse(text).and_then(|reference| app.templates.find(&reference.name));
    match made {
        Some(made) => {
            app.templates.remove(&made.id);
            Ok(())
        }
        None => snapshots::delete(app, text),
    }
}

fn find(app: &App, text: &str) -> Result<Listed, ControlError> {
    let not_found = || ControlError::not_found(format!("template '{text}' not found"));
    let Some(reference) = Reference::parse(text) else {
        let text = format!("Invalid template reference: '{text}'");
        return Err(ControlError::bad_request(text));
    };
    // A name without a tag means the template, even one whose only tag is another.
    let id = match reference.tag {
        None => {
            let named = app.snapshots.named(&reference.name);
            let of_snapshot = named.first().map(|it| it.template_id.clone());
            let built_in = template::built_in(&reference.name).map(|template| template.id);
            let made = app.templates.find(&reference.name).map(|made| made.id);
            built_in.or(made).or(of_snapshot).ok_or_else(not_found)?
        }
        Some(_) => match wanted::resolve(app, text)? {
            Source::BuiltIn(template) => template.id,
            Source::Snapshot(snapshot) => snapshot.template_id.clone(),
            Source::Made(made) => made.template.id,
        },
    };
    let mut all = all(app).into_iter();
    all.find(|template| template.id == id).ok_or_else(not_found)
}

/// `Template`. How often it was used is not counted, and nobody in particular made it.
fn view(app: &App, template: &Listed) -> Value {
    let profile = template::profile(false, app.memory_bytes_max, app.image.as_deref());
    let own_memory = profile.memory_bytes_max / MIB;
    json!({
        "templateID": template.id,
        "buildID": template.build,
        "buildStatus": template.status,
        "cpuCount": template.resources.map_or(CPU_COUNT, |it| it.cpus),
        "memoryMB": template.resources.map_or(own_memory, |it| it.memory_mb),
        "diskSizeMB": profile.files_bytes_max / MIB,
        "public": template.public,
        "aliases": template.aliases,
        "names": template.names,
        "createdAt": template.created_at.to_string(),
        "updatedAt": template.updated_at.to_string(),
        "createdBy": null,
        "lastSpawnedAt": null,
        "spawnCount": 0,
        "buildCount": template.builds,
        "envdVersion": ENVD_VERSION,
    })
}
