//! Making a sandbox.

use std::time::Duration;

use cutover_js::{Text, Value, base64, utf8};
use cutover_sdk::Error;
use cutover_sdk::e2b::{Command, Decoding, New, Sandbox, Shell};

use super::account::{E2b, LIFETIME, thrown};
use crate::inject::{ATTEMPT, CA_MERGE, CA_MERGE_TIMEOUT, CA_PATH, Environment};
use crate::model::Agent;
use crate::provider::{Class, Created, Effect, Thrown};
use crate::providers::outcome::NOT_CERTIFIED;
use crate::providers::stray;

/// The file of an agent that every new sandbox runs.
const SETUP: &str = "setup.sh";
/// Where it goes.
const SETUP_PATH: &str = "/lap/setup.sh";
/// How long it may take.
const SETUP_TIMEOUT: Duration = Duration::from_secs(120);
/// What it may leave behind. The original reads it and tells nobody what it says.
const SETUP_RESULT: &str = "/tmp/lap_env";

impl E2b {
    pub(super) async fn make(
        &self,
        agent: &Agent,
        environment: &Environment,
    ) -> Result<Created, Thrown> {
        let mut labels = self.labels.clone();
        labels.extend(environment.labels.clone());
        let wanted = New {
            template: &self.template,
            timeout: LIFETIME,
            variables: &environment.variables,
            metadata: &labels,
        };
        let sandbox = match self.account.create(wanted).await {
            Ok(sandbox) => sandbox,
            Err(error) => return Err(self.refused(error, environment).await),
        };
        let id = sandbox.id().clone();
        let certified = self.certify(&sandbox, environment).await;
        let ready = match certified {
            Ok(()) => self.set_up(&sandbox, agent).await,
            failed => failed,
        };
        match ready {
            Ok(()) => Ok(Created { id, made_of: None }),
            // Q69: what nobody is told of must not stay.
            Err(Unready { error, ends, why }) if ends || self.fixes.has("Q69") => {
                // In the original an error of the end takes the place of the first one.
                let ended = self.account.kill(&id).await;
                ended.map_err(|error| thrown(error, Class::Other))?;
                Err(self.not_made(error, why.to_owned()))
            }
            Err(Unready { error, .. }) => Err(thrown(error, Class::Other)),
        }
    }

    /// What is thrown where E2B does not say that it made a sandbox.
    async fn refused(&self, error: Error, environment: &Environment) -> Thrown {
        if error.status == Some(404) {
            let template = &self.template;
            let why = format!("e2b has no template '{template}'; E2B_TEMPLATE names it");
            return self.not_made(error, why);
        }
        let thrown = thrown(error, Class::Other);
        let attempt = environment.labels.get(ATTEMPT);
        let Some(attempt) = attempt.filter(|_| thrown.effect == Effect::Unknown) else {
            return thrown;
        };
        let find = || self.account.labelled(ATTEMPT, attempt);
        let end = |id: Text| async move { self.account.kill(&id).await.is_ok() };
        if stray::ended(find, end).await {
            return thrown.with_effect(Effect::None);
        }
        thrown
    }

    /// Q68: the original tells nobody why there is no sandbox.
    fn not_made(&self, error: Error, why: String) -> Thrown {
        if !self.fixes.has("Q68") {
            return thrown(error, Class::Other);
        }
        tracing::error!("e2b made no sandbox: {error}");
        Thrown::of(Class::NotMade, why).with_effect(Effect::None)
    }

    /// Writes the vault's certificate and adds those of the system.
    async fn certify(&self, sandbox: &Sandbox, environment: &Environment) -> Result<(), Unready> {
        let Some(certificate) = &environment.ca_certificate else {
            return Ok(());
        };
        let written = sandbox.write(&CA_PATH.into(), certificate).await;
        if let Err(error) = written {
            // Q76: variables that point at a file that is not there break every connection.
            return if self.fixes.has("Q76") {
                let (ends, why) = (true, NOT_CERTIFIED);
                Err(Unready { error, ends, why })
            } else {
                Ok(())
            };
        }
        if let Err(error) = run(sandbox, &CA_MERGE.into(), CA_MERGE_TIMEOUT).await
            // Q75: the original tells nobody. All there is goes through the vault, whose
            // certificate is there.
            && self.fixes.has("Q75")
        {
            let id = sandbox.id();
            tracing::warn!("sandbox e2b://{id} has the vault's certificate alone: {error}");
        }
        Ok(())
    }

    /// Runs the agent's own file, if it has one.
    async fn set_up(&self, sandbox: &Sandbox, agent: &Agent) -> Result<(), Unready> {
        let Value::Array(files) = &agent.sandbox_files else {
            return Ok(());
        };
        let mut script = None;
        for file in files.iter() {
            if matches!(file, Value::Null) {
                let words = "Cannot read properties of null (reading 'name')";
                let error = Error::new(words);
                let why = "the new sandbox was ended, as the agent's sandbox_files hold a null";
                return Err(Unready {
                    error,
                    ends: false,
                    why,
                });
            }
            if file.get("name") == Some(&Value::String(SETUP.into())) {
                script = Some(file);
                break;
            }
        }
        let Some(script) = script else {
            return Ok(());
        };
        let ran = async {
            let content = script.get("content").and_then(Value::as_text);
            let content = content.ok_or_else(|| Error::new("setup.sh has no content"))?;
            let content = utf8::decode_keeping_bom(&base64::decode(content));
            let (path, line) = (Text::from(SETUP_PATH), format!("bash {SETUP_PATH}"));
            sandbox.write(&path, &content.to_string_lossy()).await?;
            run(sandbox, &line.into(), SETUP_TIMEOUT).await
        };
        ran.await.map_err(|error| Unready {
            error,
            ends: true,
            why: "the new sandbox was ended, as the agent's setup.sh failed in it",
        })?;
        // Whether there is one is of no matter.
        let _ = sandbox.read_text(&SETUP_RESULT.into()).await;
        Ok(())
    }
}

/// Why a sandbox that was made is of no use, and whether it is ended for it.
struct Unready {
    error: Error,
    ends: bool,
    /// What an agent is told of it, once it was ended.
    why: &'static str,
}

/// Runs a command that must succeed.
async fn run(sandbox: &Sandbox, line: &Text, timeout: Duration) -> Result<(), Error> {
    let command = Command {
        line,
        timeout,
        shell: Shell::Login,
        decoding: Decoding::EachPiece,
    };
    let ran = sandbox.run(command).await.map_err(|it| it.error)?;
    match ran.exit_code {
        0 => Ok(()),
        _ => Err(Error::new(ran.error)),
    }
}
