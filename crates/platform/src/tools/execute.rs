//! Running a command in a sandbox.

use axum::http::StatusCode;
use cutover_js::{Text, Value};

use super::address::{Target, Where};
use super::told::Call;
use crate::failure::{Failure, sentence};
use crate::platform::Platform;
use crate::provider::Executed;
use crate::settings::Settings;
use crate::validate::ExecuteBody;

impl Platform {
    /// Runs a command.
    pub(crate) async fn execute(
        &self,
        settings: &Settings,
        session_id: &Text,
        body: &ExecuteBody,
    ) -> Result<Executed, Failure> {
        let name = &body.sandbox_name;
        let Some(address) = self.find(Where { session_id, name }).await? else {
            let output = Some(Value::String(self.not_provisioned(name)?));
            return Ok(Executed {
                output,
                failed: false,
            });
        };
        match self.target(&address, name)? {
            Target::Provider(provider, id) => {
                let ran = provider.execute(&id, &body.cmd, self.execute_timeout).await;
                ran.map_err(|thrown| {
                    let call = Call {
                        provider: &*provider,
                        name,
                        file: None,
                    };
                    self.told(thrown, call)
                })
            }
            Target::Executor(url) => {
                let output = self.run_by_executor(settings, &url, &body.cmd).await?;
                Ok(Executed {
                    output: Some(output),
                    failed: false,
                })
            }
        }
    }

    /// What an agent is told about a sandbox that it did not provision. To the original that is
    /// what the command printed (Q15).
    pub(super) fn not_provisioned(&self, name: &Text) -> Result<Text, Failure> {
        if self.fixes.has("Q15") {
            let detail = sentence(
                "sandbox '{}' is not provisioned; call provision first",
                &[name],
            );
            return Err(Failure::told(StatusCode::NOT_FOUND, detail));
        }
        Ok(sentence(
            "error: sandbox '{}' not provisioned — call provision first",
            &[name],
        ))
    }
}
