//! Ending and stopping Daytona sandboxes.

use std::time::Duration;

use reqwest::Method;
use tokio::time::Instant;

use super::classes::of_sandbox;
use super::wire::{SandboxDto, Seen, Wire};
use crate::call::{Failure, FailureClass};
use crate::driver::deletion::{Deletion, Missed};
use crate::driver::http::{Ask, HttpError};
use crate::driver::polls::Polls;
use crate::driver::{CallContext, Destroyed, DriverResult, SandboxHandle};

/// Time for a stop or a delete to be taken up; the SDKs' default.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(60);

impl Wire {
    /// Deletes a sandbox. One that is on its way out already counts as deleted now. It is asked
    /// again until it is heard: what is not deleted goes on costing.
    pub(crate) async fn destroy(
        &self,
        sandbox: &SandboxHandle,
        cx: &CallContext,
    ) -> DriverResult<Destroyed> {
        let ask = self
            .control("destroy", Method::DELETE, &["sandbox", &sandbox.id])?
            .sandbox(&sandbox.id);
        let mut deletion = Deletion::within(self.http.within(CHANGE_TIMEOUT));
        loop {
            let Err(error) = self.sandbox(&ask, cx).await else {
                return Ok(Destroyed::Now);
            };
            let is_changing = matches!(&error, HttpError::Refused(no) if no.status == 409);
            let error = match deletion.missed(error, of_sandbox) {
                Missed::Gone(how) => return Ok(how),
                // A change of state is under way: perhaps this very one. What cannot be told now is
                // asked again with the next try.
                Missed::Refused(error) | Missed::Unheard(error) if is_changing => {
                    if let Ok(Seen::Gone(_)) = self.seen(&sandbox.id, cx).await {
                        return Ok(Destroyed::Now);
                    }
                    error
                }
                Missed::Refused(error) => return Err(error),
                Missed::Unheard(error) => error,
            };
            deletion.again(error).await?;
        }
    }

    /// Stops a sandbox and waits until it has stopped; an ephemeral one is then gone.
    pub(crate) async fn stop(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<()> {
        let mut ask = self
            .control("stop", Method::POST, &["sandbox", &sandbox.id, "stop"])?
            .sandbox(&sandbox.id);
        ask.url.query_pairs_mut().append_pair("force", "false");
        self.told(&ask, cx).await?;

        let deadline = Instant::now() + self.http.within(CHANGE_TIMEOUT);
        let mut polls = Polls::new();
        loop {
            let dto = match self.seen(&sandbox.id, cx).await? {
                Seen::There(dto) => dto,
                Seen::Gone(_) => return Ok(()),
            };
            match dto.state() {
                "stopped" => return Ok(()),
                "error" | "build_failed" => {
                    return Err(Failure::new(FailureClass::Unavailable, dto.words()).into());
                }
                _ => {}
            }
            if !polls.pause(deadline).await {
                let words = format!("not stopped in time; {}", dto.words());
                return Err(Failure::new(FailureClass::Unavailable, words).into());
            }
        }
    }

    async fn told(&self, ask: &Ask, cx: &CallContext) -> DriverResult<SandboxDto> {
        let told = self.sandbox(ask, cx).await;
        told.map_err(|error| error.explained(of_sandbox))
    }
}
