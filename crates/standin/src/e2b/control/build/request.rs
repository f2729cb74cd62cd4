//! `POST /v3/templates`: a build is registered; nothing is done yet.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::e2b::app::App;
use crate::e2b::body::{Fields, mismatch};
use crate::e2b::build::BUILDS_AT_ONCE_MAX;
use crate::e2b::control::build::{names, resources};
use crate::e2b::error::ControlError;

/// Registers a build.
pub(crate) fn request(app: &App, fields: &Fields) -> Result<Value, ControlError> {
    let name = match (fields.get("name"), fields.get("alias")) {
        (Some(_), _) => fields.string("name")?,
        (None, Some(_)) => fields.string("alias")?,
        (None, None) => return Err(ControlError::bad_request("Name is required")),
    };
    let (alias, tag) = names::read(name)?;
    let tags = names::all_tags(tag, &strings(fields, "tags")?)?;
    let resources = resources::read(fields)?;
    names::taken(app, &alias)?;
    if app.templates.at_work() >= BUILDS_AT_ONCE_MAX {
        let text = format!(
            "you have reached the maximum number of concurrent template builds \
             ({BUILDS_AT_ONCE_MAX}). Please wait for existing builds to complete."
        );
        return Err(ControlError::new(StatusCode::TOO_MANY_REQUESTS, text));
    }
    let Some((template, build)) = app.templates.request(&alias, tags, resources) else {
        let text = "Error when requesting build: the stand-in is full; delete a template";
        return Err(ControlError::new(StatusCode::SERVICE_UNAVAILABLE, text));
    };
    Ok(json!({
        "templateID": template.id,
        "buildID": build.id,
        "public": template.public,
        "names": [template.name()],
        "tags": build.tags,
        "aliases": [template.alias],
    }))
}

/// A list of strings; absent is empty.
pub(super) fn strings<'fields>(
    fields: &'fields Fields,
    name: &str,
) -> Result<Vec<&'fields str>, ControlError> {
    match fields.get(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(values)) => values
            .iter()
            .enumerate()
            .map(|(at, value)| {
                let text = value.as_str();
                text.ok_or_else(|| mismatch(&format!("{name}/{at}"), "value must be a string"))
            })
            .collect(),
        Some(_) => Err(mismatch(name, "value must be an array")),
    }
}
