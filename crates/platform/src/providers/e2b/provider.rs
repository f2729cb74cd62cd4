//! What the endpoint asks of E2B.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cutover_js::{Text, Value};
use cutover_sdk::Class as SdkClass;

use super::account::{E2b, thrown};
use crate::inject::Environment;
use crate::model::Agent;
use crate::provider::{Class, Created, Executed, SandboxProvider, Thrown};

#[async_trait]
impl SandboxProvider for E2b {
    fn url_scheme(&self) -> &'static str {
        "e2b"
    }

    async fn create(
        &self,
        _: &Text,
        agent: &Agent,
        environment: &Environment,
    ) -> Result<Created, Thrown> {
        self.make(agent, environment).await
    }

    async fn execute(&self, id: &Text, cmd: &Text, timeout: Duration) -> Result<Executed, Thrown> {
        self.run(id, cmd, timeout).await
    }

    async fn read_file(&self, id: &Text, path: &Text) -> Result<Value, Thrown> {
        self.read(id, path).await
    }

    async fn terminate(&self, id: &Text) -> Result<(), Thrown> {
        match self.account.kill(id).await {
            Err(error) if error.class != SdkClass::SandboxGone => Err(thrown(error, Class::Other)),
            _ => Ok(()),
        }
    }

    async fn alive(&self, id: &Text) -> Result<bool, Thrown> {
        let gone = self.is_gone(id).await;
        gone.map(|gone| !gone)
            .map_err(|error| thrown(error, Class::Other))
    }

    async fn read_bytes(&self, id: &Text, path: &Text, bytes_max: u64) -> Result<Bytes, Thrown> {
        self.fetch(id, path, bytes_max).await
    }
}
