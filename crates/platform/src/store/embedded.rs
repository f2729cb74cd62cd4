//! The database of the product: one file, whose every change survives a crash.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use cutover_js::{Text, Value};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::contract::{Store, StoreError};
use super::record::{
    agent_from_record, agent_to_record, key, session_from_record, session_to_record,
};
use crate::model::{Agent, Session};

/// What the file says it is. The number grows when an older version could not read what a newer
/// one writes.
const FORMAT: &str = "cutover.platform/1";

const ABOUT: TableDefinition<'_, &str, &str> = TableDefinition::new("about");
const AGENTS: TableDefinition<'_, &str, &str> = TableDefinition::new("agents");
const SESSIONS: TableDefinition<'_, &str, &str> = TableDefinition::new("sessions");

/// Agents and sessions in one file. Clones share it.
#[derive(Clone)]
pub struct EmbeddedStore(Arc<Database>);

impl std::fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmbeddedStore")
    }
}

fn failed(error: impl Into<redb::Error>) -> StoreError {
    StoreError::Failed(error.into().to_string())
}

impl EmbeddedStore {
    /// Opens the database in a file, or makes one where there is none.
    ///
    /// # Errors
    /// [`StoreError::Open`] for a file that is no database, cannot be read, or is in use by
    /// another process; [`StoreError::Newer`] for one that a newer version wrote.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let open = |reason: String| StoreError::Open {
            path: path.to_owned(),
            reason,
        };
        let database = Database::create(path).map_err(|error| open(error.to_string()))?;
        let store = Self(Arc::new(database));
        match store.format().map_err(|error| open(error.to_string()))? {
            Some(found) if found != FORMAT => Err(StoreError::Newer {
                path: path.to_owned(),
                found,
                known: FORMAT,
            }),
            _ => Ok(store),
        }
    }

    /// Reads what the file says it is. A file without tables gets them.
    fn format(&self) -> Result<Option<String>, redb::Error> {
        let writing = self.0.begin_write()?;
        let found = {
            let mut about = writing.open_table(ABOUT)?;
            let found = about.get("format")?.map(|it| it.value().to_owned());
            if found.is_none() {
                about.insert("format", FORMAT)?;
                writing.open_table(AGENTS)?;
                writing.open_table(SESSIONS)?;
            }
            found
        };
        writing.commit()?;
        Ok(found)
    }

    /// Does something with the file on a thread that may wait for a disk.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&database))
            .await
            .map_err(|error| StoreError::Failed(error.to_string()))?
    }

    /// Changes a session that is there.
    async fn change(
        &self,
        session_id: &Text,
        change: impl FnOnce(&mut Session) + Send + 'static,
    ) -> Result<(), StoreError> {
        let id = key(session_id);
        self.on_disk(move |database| {
            let writing = database.begin_write().map_err(failed)?;
            {
                let mut sessions = writing.open_table(SESSIONS).map_err(failed)?;
                let agents = writing.open_table(AGENTS).map_err(failed)?;
                let stored = sessions.get(id.as_str()).map_err(failed)?;
                let stored = stored.map(|it| it.value().to_owned());
                let Some(mut session) = read_session(stored, &agents)? else {
                    return Ok(());
                };
                change(&mut session);
                let record = session_to_record(&session);
                sessions
                    .insert(id.as_str(), record.as_str())
                    .map_err(failed)?;
            }
            writing.commit().map_err(failed)
        })
        .await
    }
}

/// A session from its record and its agent's.
fn read_session(
    record: Option<String>,
    agents: &impl ReadableTable<&'static str, &'static str>,
) -> Result<Option<Session>, StoreError> {
    let Some(record) = record else {
        return Ok(None);
    };
    let (agent_id, session) = session_from_record(&record)?;
    let agent = agents.get(key(&agent_id).as_str()).map_err(failed)?;
    let agent = agent.map_or_else(
        || Ok(Agent::new(agent_id)),
        |it| agent_from_record(it.value()),
    );
    Ok(Some(Session {
        agent: agent?,
        ..session
    }))
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn session(&self, session_id: &Text) -> Result<Option<Session>, StoreError> {
        let id = key(session_id);
        self.on_disk(move |database| {
            let reading = database.begin_read().map_err(failed)?;
            let sessions = reading.open_table(SESSIONS).map_err(failed)?;
            let agents = reading.open_table(AGENTS).map_err(failed)?;
            let stored = sessions.get(id.as_str()).map_err(failed)?;
            read_session(stored.map(|it| it.value().to_owned()), &agents)
        })
        .await
    }

    async fn sessions(&self) -> Result<Vec<Session>, StoreError> {
        self.on_disk(|database| {
            let reading = database.begin_read().map_err(failed)?;
            let sessions = reading.open_table(SESSIONS).map_err(failed)?;
            let agents = reading.open_table(AGENTS).map_err(failed)?;
            let mut found = Vec::new();
            for entry in sessions.iter().map_err(failed)? {
                let record = entry.map_err(failed)?.1.value().to_owned();
                found.extend(read_session(Some(record), &agents)?);
            }
            Ok(found)
        })
        .await
    }

    async fn add_session(&self, session: &Session) -> Result<(), StoreError> {
        let (id, agent_id) = (key(&session.session_id), key(&session.agent.agent_id));
        let record = session_to_record(session);
        let agent = agent_to_record(&session.agent);
        self.on_disk(move |database| {
            let writing = database.begin_write().map_err(failed)?;
            {
                let mut agents = writing.open_table(AGENTS).map_err(failed)?;
                agents
                    .insert(agent_id.as_str(), agent.as_str())
                    .map_err(failed)?;
                let mut sessions = writing.open_table(SESSIONS).map_err(failed)?;
                sessions
                    .insert(id.as_str(), record.as_str())
                    .map_err(failed)?;
            }
            writing.commit().map_err(failed)
        })
        .await
    }

    async fn set_sandboxes(&self, session_id: &Text, sandboxes: &Value) -> Result<(), StoreError> {
        let sandboxes = sandboxes.clone();
        self.change(session_id, |session| session.sandboxes = sandboxes)
            .await
    }

    async fn set_status(&self, session_id: &Text, status: &str) -> Result<(), StoreError> {
        let status = Text::from(status);
        self.change(session_id, |session| session.status = status)
            .await
    }

    async fn agent(&self, agent_id: &Text) -> Result<Option<Agent>, StoreError> {
        let id = key(agent_id);
        self.on_disk(move |database| {
            let reading = database.begin_read().map_err(failed)?;
            let agents = reading.open_table(AGENTS).map_err(failed)?;
            let stored = agents.get(id.as_str()).map_err(failed)?;
            stored.map(|it| agent_from_record(it.value())).transpose()
        })
        .await
    }
}
