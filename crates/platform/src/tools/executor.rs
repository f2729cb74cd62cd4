//! Commands on an HTTP executor, the original's way without a provider.

use axum::http::StatusCode;
use cutover_js::{Object, Text, Value, json};

use crate::failure::{Failure, sentence};
use crate::platform::Platform;
use crate::settings::Settings;

impl Platform {
    /// Runs a command on an executor. Its status and its exit code do not count, and what the
    /// original's client throws is what the command printed.
    pub(super) async fn run_by_executor(
        &self,
        settings: &Settings,
        url: &Text,
        cmd: &Text,
    ) -> Result<Value, Failure> {
        match self.ask_executor(settings, url, cmd).await {
            Ok(output) => Ok(output),
            // Q15: an error is no output.
            Err(message) if self.fixes.has("Q15") => {
                let detail = sentence("the executor did not answer: {}", &[&message]);
                Err(Failure::told(StatusCode::BAD_GATEWAY, detail))
            }
            Err(message) => Ok(message.into()),
        }
    }

    async fn ask_executor(
        &self,
        settings: &Settings,
        url: &Text,
        cmd: &Text,
    ) -> Result<Value, Text> {
        let url = url.to_string_lossy();
        let url = format!("{}/execute", url.trim_end_matches('/'));
        let mut headers = vec![("Content-Type", "application/json")];
        if let Some(secret) = &settings.executor_secret {
            headers.push(("x-executor-secret", secret.expose()));
        }
        let mut body = Object::new();
        body.insert("cmd", cmd.clone());
        let body = json::stringify(&body.into());
        let limit = self.execute_timeout;
        let answer = self
            .fetch
            .post_json_within(&url, &headers, body, limit)
            .await;
        let answer = answer.map_err(|error| error.message())?;
        output(&answer.json().await.map_err(|error| error.message())?)
    }
}

/// JavaScript's `answer.output ?? ""`.
fn output(answer: &Value) -> Result<Value, Text> {
    if *answer == Value::Null {
        return Err("Cannot read properties of null (reading 'output')".into());
    }
    match answer.get("output") {
        None | Some(Value::Null) => Ok("".into()),
        Some(output) => Ok(output.clone()),
    }
}
