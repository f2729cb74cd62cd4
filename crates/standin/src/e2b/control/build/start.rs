//! `POST /v2/templates/{id}/builds/{buildID}`: the order of a build is checked, and it begins.

use std::sync::Arc;

use serde_json::Value;

use crate::e2b::app::App;
use crate::e2b::body::{Fields, mismatch};
use crate::e2b::build::{Base, Build, Recipe};
use crate::e2b::control::build::{asked, steps};
use crate::e2b::control::wanted::{self, Source};
use crate::e2b::error::ControlError;
use crate::engine::ImageLogin;

/// Said in a build's log of credentials that are not used.
const AWS: &str = "the AWS credentials are not used: the image is pulled with what the Docker \
                   daemon has been told (docker login)";

/// Starts a build.
pub(crate) fn start(
    app: &Arc<App>,
    template: &str,
    id: &str,
    fields: &Fields,
) -> Result<(), ControlError> {
    let (template, build) = asked::build(app, template, id)?;
    let recipe = read(app, fields)?;
    if !build.begin() {
        return Err(ControlError::bad_request("build is not in waiting state"));
    }
    tracing::debug!(template = %template.id, build = %build.id, "a build begins");
    let (task_app, stopping) = (Arc::clone(app), app.stopping.clone());
    app.tasks.spawn(async move {
        let work = work(&task_app, &build, &recipe);
        stopping.run_until_cancelled(work).await;
    });
    Ok(())
}

async fn work(app: &App, build: &Arc<Build>, recipe: &Recipe) {
    let outcome = Box::pin(app.workshop.build(build, recipe)).await;
    app.templates.finished(build, outcome);
}

fn read(app: &App, fields: &Fields) -> Result<Recipe, ControlError> {
    let force = fields.boolean("force")?.unwrap_or(false);
    let start_cmd = command(fields, "startCmd")?;
    let ready_cmd = command(fields, "readyCmd")?;
    let steps = steps::read(fields.get("steps"))
        .map_err(|problems| ControlError::bad_request(format!("Invalid steps: {problems}")))?;
    let image = command(fields, "fromImage")?;
    let template = command(fields, "fromTemplate")?;
    let base = match (image, template) {
        (Some(name), None) => image_base(name, fields.get("fromImageRegistry"))?,
        (None, Some(name)) => template_base(app, name)?,
        (Some(_), Some(_)) => {
            let text = "only one of fromImage and fromTemplate can be given";
            return Err(ControlError::bad_request(text));
        }
        (None, None) => {
            let text = "one of fromImage and fromTemplate must be given";
            return Err(ControlError::bad_request(text));
        }
    };
    Ok(Recipe {
        base,
        force,
        steps,
        start_cmd,
        ready_cmd,
    })
}

/// A string that says something.
fn command(fields: &Fields, name: &str) -> Result<Option<String>, ControlError> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.contains('\0') => {
            Err(mismatch(name, "value must not hold a NUL"))
        }
        Some(Value::String(text)) => {
            Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
        }
        Some(_) => Err(mismatch(name, "value must be a string")),
    }
}

fn template_base(app: &App, name: String) -> Result<Base, ControlError> {
    Ok(match wanted::resolve(app, &name)? {
        Source::BuiltIn(template) => Base::BuiltIn(template.alias.unwrap_or(template.id)),
        Source::Snapshot(snapshot) => Base::Snapshot(snapshot),
        Source::Made(made) => Base::Template(name, made.product),
    })
}

fn image_base(name: String, registry: Option<&Value>) -> Result<Base, ControlError> {
    let (login, unused_login) = match registry {
        None => (None, None),
        Some(registry) => credentials(registry)?,
    };
    Ok(Base::Image {
        name,
        login,
        unused_login,
    })
}

/// Who pulls the image; no text of an error holds what was given.
fn credentials(
    registry: &Value,
) -> Result<(Option<ImageLogin>, Option<&'static str>), ControlError> {
    let member = |name: &str| {
        let found = registry.get(name).and_then(Value::as_str);
        found.map(str::to_owned).ok_or_else(|| {
            let at = format!("fromImageRegistry/{name}");
            mismatch(&at, "value must be a string")
        })
    };
    match registry.get("type").and_then(Value::as_str) {
        Some("registry") => {
            let login = ImageLogin {
                user: member("username")?,
                password: member("password")?,
            };
            Ok((Some(login), None))
        }
        Some("gcp") => {
            let login = ImageLogin {
                user: "_json_key".to_owned(),
                password: member("serviceAccountJson")?,
            };
            Ok((Some(login), None))
        }
        Some("aws") => {
            for name in ["awsAccessKeyId", "awsSecretAccessKey", "awsRegion"] {
                member(name)?;
            }
            Ok((None, Some(AWS)))
        }
        _ => Err(mismatch(
            "fromImageRegistry/type",
            "value must be one of registry, aws, gcp",
        )),
    }
}
