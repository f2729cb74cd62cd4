//! The platform of this process as the surfaces of its case see it: sessions, sandboxes, what happened
//! behind an answer, and its end.

use std::sync::Arc;

use async_trait::async_trait;
use cutover_base::secret::Secret;
use cutover_js::{Text, Value, json};
use cutover_platform::model::{Agent, READY, Session};

use super::host::EmbeddedHost;
use super::spec::MASTER_KEY;
use super::watch::Trouble;
use crate::call::Provider;
use crate::driver::{CallContext, Destroyed, SandboxHandle, SandboxState};
use crate::surface::{Behind, NewSession, PlatformHost, Refused, ToolClient};
use crate::transcript::{Ending, KnownLiteral};

impl EmbeddedHost {
    /// Learns which sandboxes sessions have by which names.
    async fn learn(&self) {
        // A database that fails shows in the answers of the platform.
        let Ok(sessions) = self.store.sessions().await else {
            return;
        };
        let mut now = self.now();
        for session in sessions {
            let sandboxes = session.sandboxes.as_object().into_iter();
            for (name, address) in sandboxes.flat_map(cutover_js::Object::iter) {
                let Some(address) = address.as_text().map(Text::to_string) else {
                    continue;
                };
                if let Some((_, id)) = address.split_once("://") {
                    let key = (session.session_id.to_string(), name.to_string());
                    now.ids.insert(key, id.to_owned());
                }
            }
        }
    }

    /// The first failure that stands: one that depends on whether the sandbox runs is asked about.
    async fn standing(&self, cx: &CallContext) -> Option<crate::call::Failure> {
        for trouble in self.watch().take_failures() {
            if !trouble.doubtful || self.runs(&trouble, cx).await {
                return Some(trouble.failure);
            }
        }
        None
    }

    async fn runs(&self, trouble: &Trouble, cx: &CallContext) -> bool {
        let driver = {
            let now = self.now();
            let reached = now.providers.get(&trouble.provider);
            reached.map(|it| Arc::clone(&it.driver))
        };
        let (Some(driver), Some(id)) = (driver, &trouble.sandbox) else {
            return true;
        };
        match driver.state(&handle(id), cx).await {
            Ok(state) => state == SandboxState::Running,
            // A control plane that fails too has not told that the sandbox is gone.
            Err(_) => true,
        }
    }
}

/// Calls to the control plane need the id only.
fn handle(id: &str) -> SandboxHandle {
    SandboxHandle {
        id: id.to_owned(),
        private: serde_json::Value::Null,
    }
}

#[async_trait]
impl PlatformHost for EmbeddedHost {
    fn base(&self) -> String {
        self.base.clone()
    }

    fn token(&self) -> Secret {
        Secret::new("MASTER_KEY", MASTER_KEY)
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn has_sessions(&self) -> bool {
        !self.now().spec.is_direct
    }

    fn tools(&self) -> Option<Arc<ToolClient>> {
        let now = self.now();
        now.tools.as_ref().map(|it| Arc::clone(&it.client))
    }

    async fn create_session(&self, asked: NewSession<'_>) -> Result<String, String> {
        let id = uuid::Uuid::new_v4().to_string();
        let session = Session {
            session_id: Text::from(id.as_str()),
            agent: agent(asked.agent)?,
            status: asked.status.unwrap_or(READY).into(),
            sandboxes: Value::Null,
        };
        let added = self.store.add_session(&session).await;
        added.map_err(|error| error.to_string())?;
        Ok(id)
    }

    fn sandbox_id(&self, session: &str, name: &str) -> Option<String> {
        let key = (session.to_owned(), name.to_owned());
        self.now().ids.get(&key).cloned()
    }

    fn provisioning(&self, name: &str) -> Result<(), Refused> {
        if self.has_sessions() {
            // The provider behind the platform accounts for it.
            return Ok(());
        }
        let lifecycle = self.account.lifecycle();
        lifecycle.intent(Some(Provider::E2b), name, &self.labels)
    }

    fn adopt(
        &self,
        session: &str,
        name: &str,
        told: Option<&str>,
    ) -> Result<Option<KnownLiteral>, String> {
        // What the server of before says: sandbox "main" ready (i1, template base).
        let id = told.and_then(|told| {
            told.split_once(" ready (")?
                .1
                .split_once(',')
                .map(|it| it.0)
        });
        let Some(id) = id.filter(|_| !self.has_sessions()) else {
            return Ok(None);
        };
        self.account.created(Provider::E2b, id);
        let key = (session.to_owned(), name.to_owned());
        self.now().ids.insert(key, id.to_owned());
        Ok(None)
    }

    fn begin(&self, cx: &CallContext) {
        self.watch().begin(cx);
    }

    async fn behind(&self, cx: &CallContext) -> Behind {
        let news = self.account.news();
        if !news.fresh.is_empty() {
            self.learn().await;
        }
        let sandbox = |value: String| KnownLiteral {
            kind: "sandbox".to_owned(),
            value,
        };
        Behind {
            failure: self.standing(cx).await,
            stopped: news.stopped,
            unwritten: news.unwritten,
            literals: news.fresh.into_iter().map(sandbox).collect(),
        }
    }

    async fn close(&self, cx: &CallContext) -> Ending {
        let (endpoint, tools, providers) = {
            let mut now = self.now();
            (now.endpoint.take(), now.tools.take(), now.providers.clone())
        };
        drop(tools);
        if let Some(endpoint) = endpoint {
            endpoint.stop().await;
        }
        let mut ending = Ending::Clean;
        for (provider, id) in self.account.take_alive() {
            let Some(reached) = providers.get(&provider) else {
                continue;
            };
            match reached.driver.destroy(&handle(&id), cx).await {
                Ok(Destroyed::Now) => self.account.destroyed(&id, "cleanup"),
                Ok(Destroyed::AlreadyGone) => self.account.destroyed(&id, "gone"),
                Err(error) => {
                    self.account.leaked(&id, &error.to_string());
                    ending = Ending::Leaked;
                }
            }
        }
        ending
    }
}

/// The agent of a session, as a scenario describes it: `{id, env_vars, projects, repo_url, branch,
/// sandbox_files}`.
fn agent(written: Option<&serde_json::Value>) -> Result<Agent, String> {
    let written = written.cloned().unwrap_or_default().to_string();
    let written = json::parse(written.as_bytes()).map_err(|_| "the agent is no JSON".to_owned())?;
    let member = |name: &str| written.get(name).cloned().unwrap_or(Value::Null);
    let text = |name: &str| written.get(name).and_then(Value::as_text).cloned();
    let fresh = || Text::from(uuid::Uuid::new_v4().to_string());
    Ok(Agent {
        agent_id: text("id").unwrap_or_else(fresh),
        env_vars: member("env_vars"),
        projects: member("projects"),
        sandbox_files: member("sandbox_files"),
        repo_url: text("repo_url"),
        branch: text("branch"),
    })
}
