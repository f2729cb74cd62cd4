//! Agents and sessions, as the database has them.

use cutover_js::{Text, Value};

/// An agent. What is not an id is whatever the database holds: the endpoint reads it as the
/// original does, which takes nothing for granted.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// Its id.
    pub agent_id: Text,
    /// Names and stored values, encrypted or not.
    pub env_vars: Value,
    /// What it may work on: a list of objects with `id`, `repo_url` and `branch`.
    pub projects: Value,
    /// Files for its sandboxes: a list of objects with `name`, `sandbox_path` and `content`.
    pub sandbox_files: Value,
    /// The repository of its own.
    pub repo_url: Option<Text>,
    /// The branch of that repository.
    pub branch: Option<Text>,
}

impl Agent {
    /// An agent with nothing but its id.
    pub const fn new(agent_id: Text) -> Self {
        Self {
            agent_id,
            env_vars: Value::Null,
            projects: Value::Null,
            sandbox_files: Value::Null,
            repo_url: None,
            branch: None,
        }
    }
}

/// A session: one run of an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its id. Any text: a malformed id is an ordinary miss.
    pub session_id: Text,
    /// The agent that runs.
    pub agent: Agent,
    /// `ready`, `dead`, `stopped`, or another word.
    pub status: Text,
    /// Addresses of sandboxes by their names, or null before the first one; whatever it holds.
    pub sandboxes: Value,
}

/// The status of a session that can be used.
pub const READY: &str = "ready";
/// The status of a session that was ended.
pub const DEAD: &str = "dead";
/// The other status of a session that was ended.
pub const STOPPED: &str = "stopped";

impl Session {
    /// Whether it was ended.
    pub fn has_ended(&self) -> bool {
        self.status == DEAD || self.status == STOPPED
    }
}
