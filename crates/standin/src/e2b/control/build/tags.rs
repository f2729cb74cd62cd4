//! Tags of templates, and whether one is public (contract 7.1).

use serde_json::{Value, json};

use crate::e2b::app::App;
use crate::e2b::body::Fields;
use crate::e2b::build::MadeTemplate;
use crate::e2b::control::build::request::strings;
use crate::e2b::control::build::{asked, names};
use crate::e2b::error::ControlError;
use crate::e2b::template::{DEFAULT_TAG, Reference};

/// `POST /templates/tags`: more tags for the build that a reference means.
pub(crate) fn assign(app: &App, fields: &Fields) -> Result<Value, ControlError> {
    let target = fields.string("target")?;
    let tags = listed(fields)?;
    let template = asked::template(app, target)?;
    let reference = Reference::parse(target);
    let tag = reference.as_ref().map_or(DEFAULT_TAG, Reference::tag);
    let build = template.tagged(tag).ok_or_else(|| no_tag(&template, tag))?;
    app.templates.tag(&template.id, &build, &tags);
    Ok(json!({"tags": tags, "buildID": build.id}))
}

/// `DELETE /templates/tags`.
pub(crate) fn remove(app: &App, fields: &Fields) -> Result<(), ControlError> {
    let name = fields.string("name")?;
    let tags = listed(fields)?;
    let template = asked::template(app, name)?;
    if tags.iter().any(|tag| tag == DEFAULT_TAG) {
        let text = format!("Cannot delete the '{DEFAULT_TAG}' tag");
        return Err(ControlError::bad_request(text));
    }
    if let Some(missing) = tags.iter().find(|tag| template.tagged(tag).is_none()) {
        return Err(no_tag(&template, missing));
    }
    app.templates.untag(&template.id, &tags);
    Ok(())
}

/// `PATCH /v2/templates/{id}`.
pub(crate) fn publish(app: &App, text: &str, fields: &Fields) -> Result<Value, ControlError> {
    let public = fields.boolean("public")?;
    let template = asked::template(app, text)?;
    if let Some(public) = public {
        app.templates.publish(&template.id, public);
    }
    Ok(json!({"names": [template.name()]}))
}

/// `GET /templates/{id}/tags` of a template that was built.
pub(crate) fn tag_list(template: &MadeTemplate) -> Value {
    let view = |tag: &crate::e2b::build::Tag| {
        let created_at = tag.created_at.to_string();
        json!({"tag": tag.name, "buildID": tag.build.id, "createdAt": created_at})
    };
    template.tags.iter().map(view).collect()
}

fn listed(fields: &Fields) -> Result<Vec<String>, ControlError> {
    let tags = names::tags(&strings(fields, "tags")?)?;
    if tags.is_empty() {
        return Err(ControlError::bad_request("At least one tag is required"));
    }
    Ok(tags)
}

fn no_tag(template: &MadeTemplate, tag: &str) -> ControlError {
    let name = &template.alias;
    ControlError::not_found(format!("tag '{tag}' does not exist for template '{name}'"))
}
