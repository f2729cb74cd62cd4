//! A provider of the platform that accounts for every sandbox it makes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cutover_js::{Text, Value};
use cutover_platform::SandboxProvider;
use cutover_platform::inject::Environment;
use cutover_platform::model::Agent;
use cutover_platform::provider::{Created, Executed, Thrown};

use crate::call::Provider;
use crate::surface::{Lifecycle, Refused};

/// The sandboxes of a case: what was made, and what keeps more from being made. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Account {
    lifecycle: Arc<dyn Lifecycle>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Those that were made and not yet seen to be gone.
    alive: Vec<(Provider, String)>,
    /// Those that were made since this was last asked.
    fresh: Vec<String>,
    stopped: Option<String>,
    unwritten: Option<String>,
}

/// What happened since it was last asked.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) fresh: Vec<String>,
    pub(super) stopped: Option<String>,
    pub(super) unwritten: Option<String>,
}

impl Account {
    pub(super) fn new(lifecycle: Arc<dyn Lifecycle>) -> Self {
        Self {
            lifecycle,
            kept: Arc::default(),
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn news(&self) -> News {
        let mut kept = self.kept();
        News {
            fresh: std::mem::take(&mut kept.fresh),
            stopped: kept.stopped.take(),
            unwritten: kept.unwritten.take(),
        }
    }

    /// The provider of a sandbox that is still there.
    pub(super) fn provider_of(&self, sandbox: &str) -> Option<Provider> {
        let kept = self.kept();
        let found = kept.alive.iter().find(|(_, id)| id == sandbox);
        found.map(|(provider, _)| *provider)
    }

    /// The sandboxes that are left, which are whoever's asks from now on.
    pub(super) fn take_alive(&self) -> Vec<(Provider, String)> {
        std::mem::take(&mut self.kept().alive)
    }

    pub(super) fn lifecycle(&self) -> &dyn Lifecycle {
        &*self.lifecycle
    }

    pub(super) fn destroyed(&self, sandbox: &str, how: &str) {
        self.lifecycle.destroyed(sandbox, how);
    }

    pub(super) fn leaked(&self, sandbox: &str, why: &str) {
        self.lifecycle.leaked(sandbox, why);
    }

    /// Asks whether a sandbox may be made.
    fn intent(&self, provider: Provider, name: &str) -> Result<(), Thrown> {
        let labels = self.lifecycle.labels();
        let refused = self.lifecycle.intent(Some(provider), name, &labels);
        let mut kept = self.kept();
        match refused {
            Ok(()) => Ok(()),
            Err(Refused::Unwritten(why)) => {
                kept.unwritten = Some(why.clone());
                Err(Thrown::new(why))
            }
            Err(Refused::Stopped(why)) => {
                kept.stopped = Some(why.clone());
                Err(Thrown::new(why))
            }
        }
    }

    pub(super) fn created(&self, provider: Provider, id: &str) {
        self.lifecycle.created(id);
        let mut kept = self.kept();
        kept.alive.push((provider, id.to_owned()));
        kept.fresh.push(id.to_owned());
    }

    fn gone(&self, id: &str) {
        let was_alive = {
            let alive = &mut self.kept().alive;
            let before = alive.len();
            alive.retain(|(_, one)| one != id);
            alive.len() < before
        };
        if was_alive {
            self.lifecycle.destroyed(id, "terminated");
        }
    }
}

/// A provider whose sandboxes are accounted for.
#[derive(Debug)]
pub(super) struct Accounted {
    pub(super) provider: Provider,
    pub(super) inner: Arc<dyn SandboxProvider>,
    pub(super) account: Account,
}

#[async_trait]
impl SandboxProvider for Accounted {
    fn url_scheme(&self) -> &str {
        self.inner.url_scheme()
    }

    async fn create(
        &self,
        session_id: &Text,
        agent: &Agent,
        environment: &Environment,
    ) -> Result<Created, Thrown> {
        let session = session_id.to_string_lossy();
        self.account.intent(self.provider, &session)?;
        match self.inner.create(session_id, agent, environment).await {
            Ok(created) => {
                let id = created.id.to_string_lossy();
                self.account.created(self.provider, &id);
                Ok(created)
            }
            Err(thrown) => {
                self.account.lifecycle.create_failed();
                Err(thrown)
            }
        }
    }

    async fn execute(&self, id: &Text, cmd: &Text, timeout: Duration) -> Result<Executed, Thrown> {
        self.inner.execute(id, cmd, timeout).await
    }

    async fn read_file(&self, id: &Text, path: &Text) -> Result<Value, Thrown> {
        self.inner.read_file(id, path).await
    }

    async fn terminate(&self, id: &Text) -> Result<(), Thrown> {
        self.inner.terminate(id).await?;
        self.account.gone(&id.to_string_lossy());
        Ok(())
    }

    async fn alive(&self, id: &Text) -> Result<bool, Thrown> {
        self.inner.alive(id).await
    }

    async fn read_bytes(&self, id: &Text, path: &Text, bytes_max: u64) -> Result<Bytes, Thrown> {
        self.inner.read_bytes(id, path, bytes_max).await
    }
}
