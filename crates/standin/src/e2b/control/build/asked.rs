//! Which template and build a path means.

use std::sync::Arc;

use axum::http::StatusCode;
use uuid::Uuid;

use crate::e2b::app::App;
use crate::e2b::build::{Build, MadeTemplate};
use crate::e2b::error::ControlError;
use crate::e2b::template::{self, Reference};

/// A template that was built here, by its name or id.
pub(super) fn template(app: &App, text: &str) -> Result<MadeTemplate, ControlError> {
    let Some(reference) = Reference::parse(text) else {
        let text = format!("Invalid template reference: '{text}'");
        return Err(ControlError::bad_request(text));
    };
    let name = &reference.name;
    if let Some(found) = app.templates.find(name) {
        return Ok(found);
    }
    if template::built_in(name).is_some() {
        let text = "User does not have access to the template";
        return Err(ControlError::new(StatusCode::FORBIDDEN, text));
    }
    if !app.snapshots.named(name).is_empty() {
        let what = format!("this for '{name}', which is a snapshot and was not built");
        return Err(ControlError::not_implemented(&what));
    }
    let text = format!("template '{name}' not found");
    Err(ControlError::not_found(text))
}

/// One of its builds.
pub(super) fn build(
    app: &App,
    template: &str,
    id: &str,
) -> Result<(MadeTemplate, Arc<Build>), ControlError> {
    if Uuid::parse_str(id).is_err() {
        return Err(ControlError::bad_request("Invalid build id"));
    }
    // The service calls an unknown build, of whatever template, a bad request.
    let unknown = || ControlError::bad_request(format!("Build '{id}' not found"));
    let template = match self::template(app, template) {
        Err(error) if error.status == StatusCode::NOT_FOUND => return Err(unknown()),
        other => other?,
    };
    let build = template.build(&id.to_lowercase()).ok_or_else(unknown)?;
    Ok((template, build))
}
