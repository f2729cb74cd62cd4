//! `sandbox.process.executeCommand`.

use cutover_js::{Object, Text, Value, json};

use super::answer::Failed;
use super::exchange::{Ask, Content};
use super::sandbox::Sandbox;
use crate::error::{Class, Error};

/// What a command gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// Its exit code, or whatever the daemon says instead; none where it says nothing.
    pub exit_code: Option<Value>,
    /// What it printed: a string, or whatever the daemon says instead.
    pub result: Value,
}

impl Sandbox {
    /// Runs a command: `executeCommand(command, undefined, undefined, seconds)`.
    ///
    /// # Errors
    /// What the SDK throws; [`Class::TimeLimit`] where the command took too long.
    pub async fn execute(&self, command: &Text, seconds: u64) -> Result<Ran, Error> {
        let mut body = Object::new();
        body.insert("command", command.clone());
        // No time limit is that long.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        body.insert("timeout", seconds as f64);
        let ask = Ask {
            content: Content::Json(json::stringify(&body.into())),
            ..self.of_toolbox("execute", "/process/execute")
        };
        let told = self.daytona.value(ask).await.map_err(too_slow)?;
        if told == Value::Null {
            let message = "Cannot read properties of null (reading 'result')";
            return Err(Error::new(message));
        }
        let member = |name: &str| told.get(name).filter(|it| **it != Value::Null).cloned();
        Ok(Ran {
            // Older daemons say `code`, of which the SDK takes `null` for what it is.
            exit_code: member("exitCode").or_else(|| told.get("code").cloned()),
            result: member("result").unwrap_or_else(|| "".into()),
        })
    }
}

fn too_slow(failed: Failed) -> Failed {
    match failed.status {
        Some(408) => failed.about(Class::TimeLimit),
        _ => failed,
    }
}
