//! What the endpoint asks of a database.

use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use cutover_js::{Text, Value};

use crate::model::{Agent, Session};

/// A database of agents and sessions. What a call has changed is stored for good when it returns.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// A session with its agent.
    async fn session(&self, session_id: &Text) -> Result<Option<Session>, StoreError>;

    /// All sessions, in the order of their ids.
    async fn sessions(&self) -> Result<Vec<Session>, StoreError>;

    /// Adds a session, and its agent unless one of that id is there; an agent that is there gets
    /// what the given one holds.
    async fn add_session(&self, session: &Session) -> Result<(), StoreError>;

    /// Replaces the sandboxes of a session. A session that is not there is no failure.
    async fn set_sandboxes(&self, session_id: &Text, sandboxes: &Value) -> Result<(), StoreError>;

    /// Replaces the status of a session. A session that is not there is no failure.
    async fn set_status(&self, session_id: &Text, status: &str) -> Result<(), StoreError>;

    /// The agent of an id.
    async fn agent(&self, agent_id: &Text) -> Result<Option<Agent>, StoreError>;
}

/// A database that does not do what is asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is there and cannot be opened, or is no database.
    #[error("cannot open the database `{}`: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A newer version wrote the file.
    #[error(
        "the database `{}` has the format {found}, which a newer version wrote; \
         this version reads {known}",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// What it says it is.
        found: String,
        /// What this version reads and writes.
        known: &'static str,
    },
    /// A read or a write failed.
    #[error("the database failed: {0}")]
    Failed(String),
}
