//! `POST /snapshots` (contract 5.1).

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use serde_json::Value;
use uuid::Uuid;

use crate::daytona::app::{App, REGIONS};
use crate::daytona::control::body::Fields;
use crate::daytona::control::order::build_of;
use crate::daytona::control::snapshots::names;
use crate::daytona::control::{ApiError, check};
use crate::daytona::image::{Build, BuildState, Image, Work};
use crate::daytona::sandbox::{BuildInfo, Resources};
use crate::daytona::snapshots::{Snapshot, SnapshotState};

/// Snapshots that an organisation may have (contract 5.6).
const SNAPSHOTS_MAX: usize = 30;

/// How long a snapshot says `building` at least: the SDKs look once a second, and show no log of a
/// build that they never saw at work (contract 5.4).
const BUILDING_MIN: Duration = Duration::from_millis(1500);

/// Makes a snapshot, and answers at once.
pub(in crate::daytona::control) async fn make(
    app: &Arc<App>,
    body: Body,
) -> Result<Value, ApiError> {
    let mut fields = Fields::read(body).await?;
    let name = fields.text("name");
    let image_name = fields.text("imageName").filter(|name| !name.is_empty());
    let entrypoint = fields.list("entrypoint").filter(|words| !words.is_empty());
    let resources = check::resources(&mut fields);
    let region = fields.text("regionId");
    let class = fields.text("sandboxClass");
    let build = build_of(&mut fields, app.now());
    if fields.given("name").is_none() {
        fields.complain("name must be a string");
    }
    fields.checked()?;
    let name = name.unwrap_or_default();
    let order = SnapshotOrder {
        image_name,
        entrypoint,
        resources,
        build,
    };
    order.check(&fields, &name)?;
    placed(region.as_deref(), class.as_deref())?;
    check_count(app)?;
    insert(app, &name, order)
}

/// There is room for one more.
pub(super) fn check_count(app: &App) -> Result<(), ApiError> {
    let all = app.snapshots.all();
    let own = all.iter().filter(|snapshot| !snapshot.general).count();
    if own >= SNAPSHOTS_MAX {
        let message = format!("Snapshot quota exceeded. Maximum allowed: {SNAPSHOTS_MAX}");
        return Err(ApiError::bad(message));
    }
    Ok(())
}

/// The name is taken.
pub(super) fn taken(name: &str) -> ApiError {
    ApiError::conflict(format!(
        "Snapshot with name \"{name}\" already exists for this organization"
    ))
}

#[derive(Debug)]
struct SnapshotOrder {
    image_name: Option<String>,
    entrypoint: Option<Vec<String>>,
    resources: Resources,
    build: Option<BuildInfo>,
}

impl SnapshotOrder {
    fn check(&self, fields: &Fields, name: &str) -> Result<(), ApiError> {
        names::snapshot(name)?;
        let message = match (&self.build, &self.image_name) {
            (Some(_), Some(_)) => "Cannot specify an image name when using a build info entry",
            (Some(_), None) if self.entrypoint.is_some() => {
                "Cannot specify an entrypoint when using a build info entry"
            }
            (None, None) => "Must specify an image name when not using a build info entry",
            _ => "",
        };
        if !message.is_empty() {
            return Err(ApiError::bad(message));
        }
        if let Some(image) = &self.image_name {
            names::image(image)?;
        }
        check::per_sandbox(self.resources)?;
        check::gpu(fields, 0)
    }
}

fn placed(region: Option<&str>, class: Option<&str>) -> Result<(), ApiError> {
    let region = region.unwrap_or(REGIONS[0]);
    let class = class.unwrap_or("container");
    if !REGIONS.contains(&region) {
        return Err(ApiError::new(
            axum::http::StatusCode::NOT_FOUND,
            "Region not found",
        ));
    }
    if class != "container" {
        return Err(ApiError::bad(format!(
            "No runners are configured in region '{region}' for sandbox class '{class}'. Try a \
             different region or sandbox class."
        )));
    }
    Ok(())
}

fn insert(app: &Arc<App>, name: &str, order: SnapshotOrder) -> Result<Value, ApiError> {
    let id = Uuid::new_v4().to_string();
    let now = app.now();
    let mut snapshot = Snapshot::new(id, name.to_owned(), SnapshotState::Pending, now);
    snapshot.resources = order.resources;
    snapshot.image_name = order.image_name;
    snapshot.entrypoint = order.entrypoint;
    snapshot.build = order.build;
    let work = snapshot.build.as_ref().map(|build| {
        snapshot.entrypoint = Some(entrypoint_of(&build.dockerfile));
        Work::new(
            &app.storage,
            &build.dockerfile,
            &build.hashes,
            &build.reference,
        )
    });
    let snapshot = app.snapshots.add(snapshot).ok_or_else(|| taken(name))?;
    match work {
        Some(work) => {
            let build = app.builds.order(work);
            if let BuildState::Done(image) = &*build.state().borrow() {
                // An already built identical reference is there at once (contract 5.3).
                snapshot.activate(Arc::clone(image), now);
            }
            let job = when_built(Arc::clone(app), Arc::clone(&snapshot), build);
            app.tasks.background(job);
        }
        None => app
            .tasks
            .background(pull(Arc::clone(app), Arc::clone(&snapshot))),
    }
    Ok(snapshot.dto(now))
}

async fn when_built(app: Arc<App>, snapshot: Arc<Snapshot>, build: Arc<Build>) {
    let mut states = build.state();
    let already = snapshot.state(app.now()) == SnapshotState::Active;
    if !already {
        if states
            .wait_for(|state| !matches!(state, BuildState::Pending))
            .await
            .is_err()
        {
            return;
        }
        snapshot.set(SnapshotState::Building, None, app.now());
        app.clock.sleep(BUILDING_MIN).await;
    }
    let ended = states
        .wait_for(BuildState::ended)
        .await
        .map(|state| state.clone());
    match ended {
        Ok(BuildState::Done(image)) => {
            if !already {
                snapshot.activate(image, app.now());
            }
            app.snapshots.save(&snapshot).await;
        }
        Ok(BuildState::Failed(reason)) => {
            snapshot.set(SnapshotState::BuildFailed, Some(reason), app.now());
        }
        _ => {}
    }
}

/// Nothing is pulled: the built-in root takes the image's name.
async fn pull(app: Arc<App>, snapshot: Arc<Snapshot>) {
    snapshot.set(SnapshotState::Pulling, None, app.now());
    let mut image = Image::pulled(snapshot.image_name.as_deref().unwrap_or_default());
    image.entrypoint.clone_from(&snapshot.entrypoint);
    snapshot.activate(Arc::new(image), app.now());
    app.snapshots.save(&snapshot).await;
}

/// The entrypoint that the service stores for a Dockerfile (contract 5.2): a JSON array is parsed,
/// anything else is one word without its quotes.
fn entrypoint_of(dockerfile: &str) -> Vec<String> {
    let line = dockerfile.lines().rev().find_map(|line| {
        let (word, rest) = line.trim().split_once(char::is_whitespace)?;
        word.eq_ignore_ascii_case("ENTRYPOINT").then(|| rest.trim())
    });
    let Some(line) = line else {
        return ["sleep", "infinity"].map(str::to_owned).to_vec();
    };
    serde_json::from_str(line).unwrap_or_else(|_| vec![line.trim_matches(['"', '\'']).to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entrypoint_is_stored_as_the_service_stores_it() {
        let cases: [(&str, &[&str]); 4] = [
            ("FROM a", &["sleep", "infinity"]),
            ("FROM a\nENTRYPOINT [\"x\", \"-y\"]", &["x", "-y"]),
            ("FROM a\nentrypoint \"run it\"\n", &["run it"]),
            ("FROM a\nENTRYPOINT sh -c x", &["sh -c x"]),
        ];
        for (text, expected) in cases {
            assert_eq!(entrypoint_of(text), expected, "{text}");
        }
    }
}
