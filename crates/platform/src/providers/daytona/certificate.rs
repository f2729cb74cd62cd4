//! The vault's certificate in a new sandbox.

use cutover_js::Value;
use cutover_sdk::daytona::Sandbox;

use super::execute::seconds;
use super::failure::thrown;
use super::provider::Daytona;
use crate::inject::{CA_MERGE, CA_MERGE_TIMEOUT, CA_PATH};
use crate::provider::Thrown;

impl Daytona {
    /// Writes the certificate and adds those of the sandbox to it.
    pub(super) async fn write_certificate(
        &self,
        sandbox: &Sandbox,
        certificate: &str,
    ) -> Result<(), Thrown> {
        // Q76: the original goes on without the file that the variables point at.
        if let Err(error) = sandbox.upload(certificate.as_bytes(), CA_PATH).await {
            return if self.fixes.has("Q76") {
                Err(thrown(error))
            } else {
                Ok(())
            };
        }
        let limit = seconds(CA_MERGE_TIMEOUT);
        let merged = sandbox.execute(&CA_MERGE.into(), limit).await;
        // Q75: the original tells nobody that there were no certificates to add. All that leaves a
        // sandbox goes through the vault, whose certificate is there.
        if self.fixes.has("Q75") {
            let said = match merged {
                Ok(ran) if ran.exit_code == Some(Value::from(0)) => return Ok(()),
                Ok(ran) => ran.result.to_js_string(),
                Err(error) => error.message,
            };
            let id = sandbox.id();
            tracing::warn!("sandbox daytona://{id} has the vault's certificate alone: {said}");
        }
        Ok(())
    }
}
