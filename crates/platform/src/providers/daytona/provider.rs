//! What the endpoint asks for, handed to whoever does it.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cutover_base::fixes::Fixes;
use cutover_base::secret::Secret;
use cutover_js::{Text, Value};
use cutover_sdk::daytona as sdk;
use indexmap::IndexMap;

use crate::inject::Environment;
use crate::model::Agent;
use crate::provider::{Created, Executed, SandboxProvider, Thrown};
use crate::providers::means::Means;
use crate::settings::Settings;

/// Daytona.
#[derive(Debug)]
pub(in crate::providers) struct Daytona {
    pub(super) sdk: sdk::Daytona,
    pub(super) fixes: Fixes,
    pub(super) labels: IndexMap<String, String>,
    pub(super) source: sdk::Source,
}

impl Daytona {
    pub(in crate::providers) fn new(key: Secret, settings: &Settings, means: &Means) -> Self {
        let image = settings.daytona_image.clone().map(sdk::Source::Image);
        let snapshot = settings.daytona_snapshot.clone();
        let source = image.or_else(|| snapshot.map(sdk::Source::Snapshot));
        Self {
            sdk: sdk::Daytona::new(sdk::Config {
                api_key: key,
                api_url: settings.daytona_api_url.clone(),
                observer: means.observer.clone(),
            }),
            fixes: means.fixes.clone(),
            labels: means.labels.clone(),
            source: source.unwrap_or(sdk::Source::Default),
        }
    }

    /// Whether one of these quirks is repaired.
    pub(super) fn repairs(&self, ids: &[&str]) -> bool {
        ids.iter().any(|id| self.fixes.has(id))
    }
}

#[async_trait]
impl SandboxProvider for Daytona {
    fn url_scheme(&self) -> &'static str {
        "daytona"
    }

    async fn create(
        &self,
        _: &Text,
        _: &Agent,
        environment: &Environment,
    ) -> Result<Created, Thrown> {
        self.create_sandbox(environment).await
    }

    async fn execute(&self, id: &Text, cmd: &Text, timeout: Duration) -> Result<Executed, Thrown> {
        self.run(id, cmd, timeout).await
    }

    async fn read_file(&self, id: &Text, path: &Text) -> Result<Value, Thrown> {
        self.read_text(id, path).await
    }

    async fn terminate(&self, id: &Text) -> Result<(), Thrown> {
        self.destroy(id).await
    }

    async fn alive(&self, id: &Text) -> Result<bool, Thrown> {
        self.is_alive(id).await
    }

    async fn read_bytes(&self, id: &Text, path: &Text, bytes_max: u64) -> Result<Bytes, Thrown> {
        self.read_at_most(id, path, bytes_max).await
    }
}
