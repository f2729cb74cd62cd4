//! How an agent and a session are written: JSON, which keeps what JavaScript can say, lone
//! surrogates included.

use cutover_js::{Object, Text, Value, json};

use super::contract::StoreError;
use crate::model::{Agent, READY, Session};

/// The key of an id: the id itself, or for one that is no Unicode text how it is written.
pub(super) fn key(id: &Text) -> String {
    id.as_str().map_or_else(|| format!("{id:?}"), str::to_owned)
}

pub(super) fn session_to_record(session: &Session) -> String {
    let mut record = Object::new();
    record.insert("session_id", session.session_id.clone());
    record.insert("agent_id", session.agent.agent_id.clone());
    record.insert("status", session.status.clone());
    record.insert("sandboxes", session.sandboxes.clone());
    written(record)
}

/// The agent's id, and the session with nothing else of its agent.
pub(super) fn session_from_record(record: &str) -> Result<(Text, Session), StoreError> {
    let record = read(record)?;
    let agent_id = text(&record, "agent_id").unwrap_or_default();
    let session = Session {
        session_id: text(&record, "session_id").unwrap_or_default(),
        agent: Agent::new(agent_id.clone()),
        status: text(&record, "status").unwrap_or_else(|| READY.into()),
        sandboxes: any(&record, "sandboxes"),
    };
    Ok((agent_id, session))
}

pub(super) fn agent_to_record(agent: &Agent) -> String {
    let mut record = Object::new();
    record.insert("agent_id", agent.agent_id.clone());
    record.insert("env_vars", agent.env_vars.clone());
    record.insert("projects", agent.projects.clone());
    record.insert("sandbox_files", agent.sandbox_files.clone());
    for (name, value) in [("repo_url", &agent.repo_url), ("branch", &agent.branch)] {
        if let Some(value) = value {
            record.insert(name, value.clone());
        }
    }
    written(record)
}

pub(super) fn agent_from_record(record: &str) -> Result<Agent, StoreError> {
    let record = read(record)?;
    Ok(Agent {
        agent_id: text(&record, "agent_id").unwrap_or_default(),
        env_vars: any(&record, "env_vars"),
        projects: any(&record, "projects"),
        sandbox_files: any(&record, "sandbox_files"),
        repo_url: text(&record, "repo_url"),
        branch: text(&record, "branch"),
    })
}

fn written(record: Object) -> String {
    json::stringify(&Value::Object(record))
}

fn read(record: &str) -> Result<Value, StoreError> {
    json::parse(record.as_bytes())
        .map_err(|error| StoreError::Failed(format!("a record cannot be read: {error}")))
}

fn text(record: &Value, name: &str) -> Option<Text> {
    record.get(name)?.as_text().cloned()
}

fn any(record: &Value, name: &str) -> Value {
    record.get(name).cloned().unwrap_or(Value::Null)
}
