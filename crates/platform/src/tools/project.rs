//! What an agent works on.

use axum::http::StatusCode;
use cutover_js::{Text, Value};

use crate::failure::{Failure, sentence};
use crate::model::Agent;

/// The agent as it works on one of its projects: with that repository and branch for its own.
///
/// A project counts when it is an object whose `id` and `repo_url` are texts.
pub(super) fn on_project(agent: &Agent, project_id: &Text) -> Result<Agent, Failure> {
    let projects: &[Value] = match &agent.projects {
        Value::Array(projects) => projects,
        _ => &[],
    };
    let found = projects.iter().find_map(|project| {
        let id = project.get("id")?.as_text()?;
        let repo_url = project.get("repo_url")?.as_text()?;
        let branch = project.get("branch").and_then(Value::as_text);
        (id == project_id).then_some((repo_url, branch))
    });
    let Some((repo_url, branch)) = found else {
        let names = [project_id, &agent.agent_id];
        let detail = sentence("project {} not found on agent {}", &names);
        return Err(Failure::told(StatusCode::NOT_FOUND, detail));
    };
    Ok(Agent {
        repo_url: Some(repo_url.clone()),
        branch: Some(branch.cloned().unwrap_or_else(|| "main".into())),
        ..agent.clone()
    })
}
