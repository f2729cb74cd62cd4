//! Ending and stopping Daytona sandboxes (daytona-wire sections 1.5, 7.1).

use std::time::Duration;

use reqwest::Method;
use tokio::time::Instant;

use super::classes::Route;
use super::wire::{SandboxDto, Wire, control_error};
use crate::call::{Failure, FailureClass};
use crate::driver::http::{Ask, HttpError};
use crate::driver::polls::Polls;
use crate::driver::{CallContext, Destroyed, DriverError, DriverResult, SandboxHandle};

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
        let deadline = Instant::now() + self.http.within(CHANGE_TIMEOUT);
        let mut polls = Polls::new();
        // Whether an earlier send may have been heard although its answer does not say so.
        let mut heard = false;
        loop {
            let Err(error) = self.sandbox(&ask, cx).await else {
                return Ok(Destroyed::Now);
            };
            let mut is_changing = false;
            if let HttpError::Refused(refusal) = &error {
                heard |= refusal.attempt > 1;
                is_changing = refusal.status == 409;
            }
            let error = control_error(error, Route::Sandbox);
            match &error {
                DriverError::Failed(failure) if failure.class == FailureClass::SandboxGone => {
                    return Ok(if heard {
                        Destroyed::Now
                    } else {
                        Destroyed::AlreadyGone
                    });
                }
                // A change of state is under way: perhaps this very one. What cannot be told now is
                // asked again with the next try.
                DriverError::Failed(_)
                    if is_changing && self.is_gone(sandbox, cx).await.unwrap_or(false) =>
                {
                    return Ok(Destroyed::Now);
                }
                DriverError::Failed(_) if is_changing => {}
                // Asking again makes no wrong key right, and no refusal of the deed itself.
                DriverError::Failed(failure)
                    if failure.class == FailureClass::Unauthorized || !failure.class.is_error() =>
                {
                    return Err(error);
                }
                _ => {}
            }
            heard = true;
            if !polls.pause(deadline).await {
                return Err(error);
            }
        }
    }

    async fn is_gone(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<bool> {
        let got = self.get(&sandbox.id, cx).await;
        match got.map_err(|error| control_error(error, Route::Sandbox)) {
            Ok(dto) => Ok(dto.is_gone()),
            Err(DriverError::Failed(failure)) if failure.class == FailureClass::SandboxGone => {
                Ok(true)
            }
            Err(error) => Err(error),
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
            let dto = match self.get(&sandbox.id, cx).await {
                Err(HttpError::Refused(refusal)) if refusal.status == 404 => return Ok(()),
                got => got.map_err(|error| control_error(error, Route::Sandbox))?,
            };
            match dto.state() {
                "stopped" => return Ok(()),
                _ if dto.is_gone() => return Ok(()),
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
        told.map_err(|error| control_error(error, Route::Sandbox))
    }
}
