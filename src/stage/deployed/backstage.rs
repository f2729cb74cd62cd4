//! The other hand on a deployed platform: only what its provider's API offers.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::call::Outcome;
use crate::driver::{CallContext, SandboxDriver};
use crate::scenario::verbs::ProviderEvent;
use crate::stage::backstage::LiveBackstage;
use crate::surface::{Backstage, BackstageError};

#[derive(Debug)]
pub(super) struct DeployedBackstage(Option<LiveBackstage>);

impl DeployedBackstage {
    pub(super) fn new(driver: Option<Arc<dyn SandboxDriver>>) -> Self {
        Self(driver.map(LiveBackstage::new))
    }

    fn provider(&self) -> Result<&LiveBackstage, BackstageError> {
        self.0.as_ref().ok_or_else(|| {
            let why = "the provider behind a deployed platform is not asked without its key";
            BackstageError::Unsupported(why.to_owned())
        })
    }
}

#[async_trait]
impl Backstage for DeployedBackstage {
    async fn event(
        &self,
        sandbox: &str,
        event: ProviderEvent,
        cx: &CallContext,
    ) -> Result<Outcome, BackstageError> {
        self.provider()?.event(sandbox, event, cx).await
    }

    async fn advance(&self, by: Duration) -> Result<(), BackstageError> {
        self.provider()?.advance(by).await
    }

    async fn fault(&self, spec: &str) -> Result<(), BackstageError> {
        self.provider()?.fault(spec).await
    }

    async fn close(&self) {}
}
