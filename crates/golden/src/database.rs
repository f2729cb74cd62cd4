//! A database in a JSON file, which a test may read, change and break while an endpoint runs.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use cutover_js::{Object, Text, Value, json};
use cutover_platform::Store;
use cutover_platform::model::{Agent, READY, Session};
use cutover_platform::store::StoreError;

use crate::data::{items, member, number};
use crate::upstream::list;

/// The file: `agents`, `sessions`, and `faults` that make reads (`find`) or writes (`update`) fail
/// or slow (`update_delay_ms`).
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    /// Held while the file is read and written again, never while anything waits.
    turn: Mutex<()>,
}

impl Database {
    /// Puts a database into a file.
    pub fn create(path: &Path, content: &Value) -> Self {
        let database = Self::open(path);
        database.write(content);
        database
    }

    /// A database that lies in a file already.
    pub fn open(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            turn: Mutex::new(()),
        }
    }

    /// What the file holds.
    pub fn read(&self) -> Value {
        let bytes = std::fs::read(&self.path).expect("the database file can be read");
        json::parse(&bytes).expect("the database file is JSON")
    }

    /// Replaces what the file holds.
    pub fn write(&self, content: &Value) {
        let written = json::stringify(content);
        std::fs::write(&self.path, written).expect("the database file can be written");
    }

    /// A session as it stands in the file.
    pub fn session_record(&self, session_id: &Text) -> Option<Value> {
        let found = |it: &&Value| it.get("session_id").and_then(Value::as_text) == Some(session_id);
        items(&member(&self.read(), "sessions"))
            .iter()
            .find(found)
            .cloned()
    }

    /// Changes members of a session; a session that is not there stays away.
    pub fn change(&self, session_id: &Text, members: &Object) {
        let _turn = self.turn.lock();
        let content = self.read();
        let sessions = member(&content, "sessions");
        let changed = items(&sessions).iter().map(|session| {
            let mut session = session.as_object().cloned().unwrap_or_default();
            if session.get("session_id").and_then(Value::as_text) == Some(session_id) {
                for (name, value) in members.iter() {
                    session.insert(name.clone(), value.clone());
                }
            }
            Value::Object(session)
        });
        let changed = list(changed.collect());
        let mut content = content.as_object().cloned().unwrap_or_default();
        content.insert("sessions", changed);
        self.write(&content.into());
    }

    /// Sets what fails from here on.
    pub fn set_faults(&self, faults: Value) {
        let _turn = self.turn.lock();
        let mut content = self.read().as_object().cloned().unwrap_or_default();
        content.insert("faults", faults);
        self.write(&content.into());
    }

    /// Waits and fails as the file asks for.
    async fn fault(&self, kind: &str) -> Result<(), StoreError> {
        let faults = member(&self.read(), "faults");
        if let Some(delay) = number(faults.get(&format!("{kind}_delay_ms"))) {
            tokio::time::sleep(Duration::from_millis(delay.into())).await;
        }
        if faults.get(kind).is_some_and(Value::is_truthy) {
            return Err(StoreError::Failed(format!("fake database: {kind} failed")));
        }
        Ok(())
    }

    fn session_of(&self, record: &Value) -> Option<Session> {
        let text = |name: &str| record.get(name)?.as_text().cloned();
        Some(Session {
            session_id: text("session_id")?,
            agent: self.agent_of(&text("agent_id")?)?,
            status: text("status").unwrap_or_else(|| READY.into()),
            sandboxes: member(record, "sandboxes"),
        })
    }

    fn agent_of(&self, agent_id: &Text) -> Option<Agent> {
        let content = self.read();
        let agents = member(&content, "agents");
        let found = |it: &&Value| it.get("agent_id").and_then(Value::as_text) == Some(agent_id);
        let record = items(&agents).iter().find(found)?;
        let text = |name: &str| record.get(name)?.as_text().cloned();
        Some(Agent {
            agent_id: agent_id.clone(),
            env_vars: member(record, "env_vars"),
            projects: member(record, "projects"),
            sandbox_files: member(record, "sandbox_files"),
            repo_url: text("repo_url"),
            branch: text("branch"),
        })
    }
}

#[async_trait]
impl Store for Database {
    async fn session(&self, session_id: &Text) -> Result<Option<Session>, StoreError> {
        self.fault("find").await?;
        Ok(self
            .session_record(session_id)
            .and_then(|it| self.session_of(&it)))
    }

    async fn sessions(&self) -> Result<Vec<Session>, StoreError> {
        self.fault("find").await?;
        let sessions = member(&self.read(), "sessions");
        Ok(items(&sessions)
            .iter()
            .filter_map(|it| self.session_of(it))
            .collect())
    }

    async fn add_session(&self, session: &Session) -> Result<(), StoreError> {
        Err(StoreError::Failed(format!(
            "no recorded step makes a session ({})",
            session.session_id
        )))
    }

    async fn set_sandboxes(&self, session_id: &Text, sandboxes: &Value) -> Result<(), StoreError> {
        self.fault("update").await?;
        self.change(
            session_id,
            &[("sandboxes", sandboxes.clone())].into_iter().collect(),
        );
        Ok(())
    }

    async fn set_status(&self, session_id: &Text, status: &str) -> Result<(), StoreError> {
        self.fault("update").await?;
        self.change(session_id, &[("status", status)].into_iter().collect());
        Ok(())
    }

    async fn agent(&self, agent_id: &Text) -> Result<Option<Agent>, StoreError> {
        self.fault("find").await?;
        Ok(self.agent_of(agent_id))
    }
}
