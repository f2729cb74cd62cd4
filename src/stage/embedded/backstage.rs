//! Behind the scenes of a platform: its providers, and starting it anew.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::host::{EmbeddedHost, Reached};
use super::watch::Watch;
use crate::call::{Outcome, Provider};
use crate::driver::{CallContext, SandboxDriver};
use crate::scenario::verbs::{ProviderEvent, Restart};
use crate::surface::{Backstage, BackstageError, Ours};

/// The provider that a platform does not use yet.
#[async_trait]
pub(crate) trait Other: Send + Sync + std::fmt::Debug {
    /// Makes it ready.
    async fn open(&self) -> Result<OtherProvider, BackstageError>;
}

/// A provider that was made ready.
#[derive(Debug)]
pub(crate) struct OtherProvider {
    pub(crate) provider: Provider,
    pub(crate) variables: cutover_platform::Variables,
    pub(crate) driver: Arc<dyn SandboxDriver>,
    pub(crate) backstage: Arc<dyn Backstage>,
}

/// The other hand on a platform.
#[derive(Debug)]
pub(super) struct EmbeddedBackstage {
    host: Arc<EmbeddedHost>,
    watch: Watch,
    other: Box<dyn Other>,
    by_provider: Mutex<BTreeMap<Provider, Arc<dyn Backstage>>>,
}

impl EmbeddedBackstage {
    pub(super) fn new(
        host: Arc<EmbeddedHost>,
        backstage: Arc<dyn Backstage>,
        other: Box<dyn Other>,
    ) -> Self {
        Self {
            watch: host.watch().clone(),
            by_provider: Mutex::new(BTreeMap::from([(host.provider(), backstage)])),
            host,
            other,
        }
    }

    fn all(&self) -> BTreeMap<Provider, Arc<dyn Backstage>> {
        let by_provider = self.by_provider.lock();
        by_provider.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn of(&self, provider: Provider) -> Result<Arc<dyn Backstage>, BackstageError> {
        let found = self.all().get(&provider).cloned();
        let none = || BackstageError::Failed(format!("{provider} is not there"));
        found.ok_or_else(none)
    }

    async fn switch(&self) -> Result<(), BackstageError> {
        let now = self.host.provider();
        let known = self.all().into_keys().find(|it| *it != now);
        let (to, reached) = if let Some(provider) = known {
            (provider, None)
        } else {
            let other = self.other.open().await?;
            let by_provider = self.by_provider.lock();
            let mut by_provider = by_provider.unwrap_or_else(PoisonError::into_inner);
            by_provider.insert(other.provider, other.backstage);
            let reached = Reached {
                variables: other.variables,
                driver: other.driver,
            };
            (other.provider, Some(reached))
        };
        let switched = self.host.switch(to, reached).await;
        switched.map_err(BackstageError::Failed)
    }
}

#[async_trait]
impl Backstage for EmbeddedBackstage {
    async fn event(
        &self,
        sandbox: &str,
        event: ProviderEvent,
        cx: &CallContext,
    ) -> Result<Outcome, BackstageError> {
        let backstage = self.of(self.host.provider_of(sandbox))?;
        if event == ProviderEvent::Kill {
            // What follows from it is what the scenario asks about.
            self.watch.excuse(sandbox);
        }
        backstage.event(sandbox, event, cx).await
    }

    async fn advance(&self, by: Duration) -> Result<(), BackstageError> {
        for backstage in self.all().values() {
            backstage.advance(by).await?;
        }
        Ok(())
    }

    async fn fault(&self, spec: &str) -> Result<(), BackstageError> {
        for backstage in self.all().values() {
            backstage.fault(spec).await?;
        }
        self.watch.set_fault(spec.trim() != "none");
        Ok(())
    }

    async fn restart(&self, what: &Restart, _cx: &CallContext) -> Result<Outcome, BackstageError> {
        match what {
            Restart::Mcp { env } => self.host.restart_mcp(env).await,
            Restart::Platform { env } => self.host.restart_platform(env).await,
            Restart::Switch => return self.switch().await.map(|()| Outcome::default()),
        }
        .map_err(BackstageError::Failed)?;
        Ok(Outcome::default())
    }

    fn ours(&self) -> Ours {
        let mut all = Ours::default();
        for ours in self.all().values().map(|it| it.ours()) {
            all.hits += ours.hits;
            all.deaths += ours.deaths;
            all.machine = all.machine.or(ours.machine);
        }
        all
    }

    async fn close(&self) {
        for backstage in self.all().values() {
            backstage.close().await;
        }
    }
}
