//! Behind the scenes of each lane.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutover_standin::fault::Fault;
use cutover_standin::server::Standin;
use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::call::{Outcome, Provider};
use crate::driver::{CallContext, DriverError, SandboxDriver, SandboxHandle, Suspend};
use crate::scenario::verbs::ProviderEvent;
use crate::stage::standin::Started;
use crate::stage::watched::Trouble;
use crate::surface::{Backstage, BackstageError, Ours};

/// A stand-in can do everything: it is ours.
#[derive(Debug)]
pub(crate) struct StandinBackstage {
    standin: Arc<dyn Standin>,
    driver: Arc<dyn SandboxDriver>,
    trouble: Trouble,
}

impl StandinBackstage {
    pub(crate) fn new(started: Started, driver: Arc<dyn SandboxDriver>) -> Self {
        Self {
            standin: started.standin,
            trouble: started.trouble,
            driver,
        }
    }
}

#[async_trait]
impl Backstage for StandinBackstage {
    async fn event(
        &self,
        sandbox: &str,
        event: ProviderEvent,
        cx: &CallContext,
    ) -> Result<Outcome, BackstageError> {
        let there = match event {
            ProviderEvent::Kill => self.standin.kill(sandbox).await,
            ProviderEvent::Expire => self.standin.expire(sandbox).await,
            ProviderEvent::Stop | ProviderEvent::Pause => {
                return suspend(&*self.driver, sandbox, event, cx).await;
            }
            ProviderEvent::Delete => return delete(&*self.driver, sandbox, cx).await,
            ProviderEvent::List => return list(&*self.driver, cx).await,
        };
        if there {
            Ok(Outcome::default())
        } else {
            Err(BackstageError::Failed(format!(
                "the stand-in has no sandbox {sandbox}"
            )))
        }
    }

    async fn advance(&self, by: Duration) -> Result<(), BackstageError> {
        self.standin.clock().advance(by);
        Ok(())
    }

    async fn fault(&self, spec: &str) -> Result<(), BackstageError> {
        let faults =
            Fault::parse_list(spec).map_err(|error| BackstageError::Failed(format!("{error}")))?;
        self.standin.set_faults(faults);
        Ok(())
    }

    fn ours(&self) -> Ours {
        let planted = self.standin.planted();
        Ours {
            hits: planted.hits,
            deaths: planted.deaths,
            machine: self.trouble.told(),
        }
    }

    async fn close(&self) {
        self.standin.stop().await;
    }
}

/// The real cloud: only what its API offers.
#[derive(Debug)]
pub(crate) struct LiveBackstage {
    driver: Arc<dyn SandboxDriver>,
}

impl LiveBackstage {
    pub(crate) fn new(driver: Arc<dyn SandboxDriver>) -> Self {
        Self { driver }
    }
}

#[async_trait]
impl Backstage for LiveBackstage {
    async fn event(
        &self,
        sandbox: &str,
        event: ProviderEvent,
        cx: &CallContext,
    ) -> Result<Outcome, BackstageError> {
        match event {
            ProviderEvent::Delete => delete(&*self.driver, sandbox, cx).await,
            ProviderEvent::Stop | ProviderEvent::Pause => {
                suspend(&*self.driver, sandbox, event, cx).await
            }
            ProviderEvent::List => list(&*self.driver, cx).await,
            ProviderEvent::Expire => Err(BackstageError::Unsupported(
                "a live sandbox cannot be made to expire".to_owned(),
            )),
            // A delete is another event: the control plane knows of it.
            ProviderEvent::Kill => Err(BackstageError::Unsupported(
                "the machine of a live sandbox cannot be made to fail".to_owned(),
            )),
        }
    }

    async fn advance(&self, _by: Duration) -> Result<(), BackstageError> {
        Err(BackstageError::Unsupported(
            "a live provider's clock cannot be advanced".to_owned(),
        ))
    }

    async fn fault(&self, _spec: &str) -> Result<(), BackstageError> {
        Err(BackstageError::Unsupported(
            "faults need a stand-in".to_owned(),
        ))
    }

    async fn close(&self) {}
}

async fn delete(
    driver: &dyn SandboxDriver,
    sandbox: &str,
    cx: &CallContext,
) -> Result<Outcome, BackstageError> {
    let deleted = driver.destroy(&handle(sandbox), cx).await;
    deleted.map_err(|error| failed(&error))?;
    Ok(Outcome::default())
}

async fn suspend(
    driver: &dyn SandboxDriver,
    sandbox: &str,
    event: ProviderEvent,
    cx: &CallContext,
) -> Result<Outcome, BackstageError> {
    let how = match (driver.provider(), event) {
        (Provider::Daytona, ProviderEvent::Stop) => Suspend::Stop,
        (Provider::E2b, ProviderEvent::Pause) => Suspend::Pause,
        (provider, ProviderEvent::Stop) => {
            return Err(BackstageError::Unsupported(format!(
                "{provider} has no stop"
            )));
        }
        (provider, _) => {
            return Err(BackstageError::Unsupported(format!(
                "{provider} has no pause"
            )));
        }
    };
    driver
        .suspend(&handle(sandbox), how, cx)
        .await
        .map_err(|error| failed(&error))?;
    Ok(Outcome::default())
}

async fn list(driver: &dyn SandboxDriver, cx: &CallContext) -> Result<Outcome, BackstageError> {
    let ids = driver
        .list(&IndexMap::new(), cx)
        .await
        .map_err(|error| failed(&error))?;
    let entries: Vec<Value> = ids
        .iter()
        .map(|id| json!({ "name": id, "kind": "sandbox" }))
        .collect();
    Ok(Outcome::default().with("entries", entries))
}

/// Control-plane calls need the id only.
fn handle(sandbox: &str) -> SandboxHandle {
    SandboxHandle {
        id: sandbox.to_owned(),
        private: Value::Null,
    }
}

fn failed(error: &DriverError) -> BackstageError {
    match error {
        DriverError::Unsupported(what) => BackstageError::Unsupported(what.clone()),
        DriverError::Failed(failure) => BackstageError::Provider(failure.clone()),
        DriverError::Harness(what) => BackstageError::Failed(what.clone()),
    }
}

#[cfg(test)]
mod tests {
    use cutover_base::blob::BlobStore;
    use cutover_base::redact::Redactor;

    use super::*;
    use crate::driver::http::HttpClients;
    use crate::stage::live::live_driver;
    use crate::transcript::exchange::NoSink;

    #[tokio::test]
    async fn a_live_machine_neither_fails_nor_expires_at_our_word() {
        // Nobody listens there: whatever is asked of it fails otherwise.
        let vars = [
            ("E2B_API_KEY", "e2b_00"),
            ("E2B_API_URL", "http://127.0.0.1:1"),
        ];
        let get = |name: &str| {
            let found = vars.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        // A delete is tried again for longer than a test should take.
        let clients = HttpClients::within(Duration::from_millis(200));
        let (driver, _) = live_driver(Provider::E2b, &clients, &get).unwrap();
        let backstage = LiveBackstage::new(driver);
        let dir = tempfile::tempdir().unwrap();
        let cx = CallContext {
            exchanges: Arc::new(NoSink),
            blobs: BlobStore::new(dir.path().to_owned(), Redactor::noop()),
        };
        for event in [ProviderEvent::Kill, ProviderEvent::Expire] {
            let happened = backstage.event("i1", event, &cx).await;
            assert!(
                matches!(happened, Err(BackstageError::Unsupported(_))),
                "{event:?}"
            );
        }
        let deleted = backstage.event("i1", ProviderEvent::Delete, &cx).await;
        assert!(
            matches!(deleted, Err(BackstageError::Provider(_))),
            "{deleted:?}"
        );
    }
}
