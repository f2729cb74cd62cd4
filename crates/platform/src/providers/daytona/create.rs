//! Making a sandbox and ending it.

use std::time::Duration;

use cutover_js::Text;
use cutover_sdk::daytona::{Create, CreateFailed, Finals, Sandbox, Source};
use cutover_sdk::{Class, Error};

use super::failure::{is_gone_by_words, thrown};
use super::provider::Daytona;
use crate::inject::{ATTEMPT, Environment};
use crate::provider::{Class as Told, Created, Effect, Thrown};
use crate::providers::outcome::NOT_CERTIFIED;
use crate::providers::stray;

/// How long a sandbox may take to start, the build of an image included.
const CREATE_TIMEOUT: Duration = Duration::from_secs(120);

/// Q68: the SDK waits on for a build that has failed. Q69: a sandbox that did not start in time
/// stays, and nobody knows its id.
const LEFT_BEHIND: [&str; 2] = ["Q68", "Q69"];

impl Daytona {
    pub(super) async fn create_sandbox(
        &self,
        environment: &Environment,
    ) -> Result<Created, Thrown> {
        let repaired = self.repairs(&LEFT_BEHIND);
        let mut labels = self.labels.clone();
        labels.extend(environment.labels.clone());
        let wanted = Create {
            source: self.source.clone(),
            env: environment.variables.clone(),
            labels,
            auto_stop_interval: 0,
            timeout: CREATE_TIMEOUT,
            finals: if repaired { Finals::All } else { Finals::Sdk },
        };
        let sandbox = match self.sdk.create(&wanted).await {
            Ok(sandbox) => sandbox,
            Err(CreateFailed { error, sandbox_id }) => {
                let ended = match &sandbox_id {
                    Some(id) if repaired => Some(self.discard(id).await),
                    _ => None,
                };
                let thrown = self.not_made(error, ended);
                if sandbox_id.is_none() && self.end_stray(&thrown, environment).await {
                    return Err(thrown.with_effect(Effect::None));
                }
                return Err(thrown);
            }
        };
        if let Some(certificate) = &environment.ca_certificate {
            self.install(&sandbox, certificate).await?;
        }
        Ok(Created {
            id: sandbox.id().clone(),
            made_of: sandbox.snapshot().cloned(),
        })
    }

    /// Ends what a create may have left of which nobody was told.
    async fn end_stray(&self, thrown: &Thrown, environment: &Environment) -> bool {
        let attempt = environment.labels.get(ATTEMPT);
        let Some(attempt) = attempt.filter(|_| thrown.effect == Effect::Unknown) else {
            return false;
        };
        let find = || self.sdk.labelled(ATTEMPT, attempt);
        let end = |id: Text| async move { self.discard(&id).await };
        stray::ended(find, end).await
    }

    /// What is thrown for a sandbox that was not made; `ended` is whether the one that was begun could
    /// be ended.
    fn not_made(&self, error: Error, ended: Option<bool>) -> Thrown {
        // Q68: the original tells nobody what it was that could not be made.
        let reason = self.fixes.has("Q68").then(|| self.reason(&error, ended));
        // Whatever it is about, it is not about a sandbox that the agent had.
        match reason.flatten() {
            None => Thrown::new(error.message).with_status(error.status),
            Some(reason) => {
                tracing::error!("daytona made no sandbox: {error}");
                Thrown::of(Told::NotMade, reason).with_effect(Effect::None)
            }
        }
    }

    fn reason(&self, error: &Error, ended: Option<bool>) -> Option<String> {
        let source = match &self.source {
            Source::Default => "its default snapshot".to_owned(),
            Source::Snapshot(name) => format!("snapshot '{name}'"),
            Source::Image(name) => format!("image '{name}'"),
        };
        let begun = format!("daytona did not start the sandbox that it made of {source}");
        match (ended, &self.source) {
            (Some(true), _) => Some(format!("{begun}; it was ended again")),
            (Some(false), _) => Some(format!(
                "{begun}, and it could not be ended: tell whoever runs this platform"
            )),
            // The status is that of any mistake; only the words say which.
            (None, Source::Snapshot(name))
                if matches!(error.status, Some(400 | 404))
                    && error
                        .message
                        .starts_with(&format!("Snapshot {name} not found")) =>
            {
                Some(format!(
                    "daytona has no {source}; DAYTONA_SNAPSHOT names it"
                ))
            }
            (None, _) => None,
        }
    }

    /// Writes the certificate. A failure of that fails no sandbox in the original.
    async fn install(&self, sandbox: &Sandbox, certificate: &str) -> Result<(), Thrown> {
        let Err(error) = self.write_certificate(sandbox, certificate).await else {
            return Ok(());
        };
        let ended = self.discard(sandbox.id()).await;
        if ended && self.fixes.has("Q68") {
            tracing::error!("daytona takes no certificate: {error}");
            return Err(Thrown::of(Told::NotMade, NOT_CERTIFIED).with_effect(Effect::None));
        }
        Err(error)
    }

    /// Destroys a sandbox that nobody gets. Tells whether it is gone.
    async fn discard(&self, id: &Text) -> bool {
        match self.sdk.delete(id).await {
            Err(error) if error.class != Class::SandboxGone => {
                tracing::error!(
                    "sandbox daytona://{id} belongs to nobody and cannot be ended: {error}"
                );
                false
            }
            _ => true,
        }
    }

    pub(super) async fn destroy(&self, id: &Text) -> Result<(), Thrown> {
        let ended: Result<(), Error> = async { self.sdk.get(id).await?.delete().await }.await;
        match ended {
            Err(error) if error.class == Class::SandboxGone => Ok(()),
            // Q52: the original takes words for it, wherever they come from.
            Err(error) if !self.fixes.has("Q52") && is_gone_by_words(&error.message) => Ok(()),
            other => other.map_err(thrown),
        }
    }
}
