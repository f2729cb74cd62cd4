//! Ending and stopping Daytona sandboxes (daytona-wire sections 1.5, 7.1).

use std::time::Duration;

use reqwest::Method;
use tokio::time::Instant;

use super::control::Polls;
use super::wire::{Wire, control_error};
use crate::call::{Failure, FailureClass};
use crate::driver::http::{HttpError, Retry};
use crate::driver::{CallContext, Destroyed, DriverResult, SandboxHandle};

/// Time for a stop or a delete to be taken up; the SDKs' default.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(60);

/// Minutes after which a sandbox that we stopped is deleted: the net, kept but wider, since with
/// the 0 of the create a stop would be a delete.
const STOPPED_KEPT_MIN: &str = "60";

impl Wire {
    /// Deletes a sandbox. One that is on its way out already counts as deleted now.
    pub(crate) async fn destroy(
        &self,
        sandbox: &SandboxHandle,
        cx: &CallContext,
    ) -> DriverResult<Destroyed> {
        let ask = self
            .control("destroy", Method::DELETE, &["sandbox", &sandbox.id])?
            .sandbox(&sandbox.id);
        let deadline = Instant::now() + CHANGE_TIMEOUT;
        let mut polls = Polls::new();
        let mut heard = false;
        loop {
            let refusal = match self.try_control(&ask, cx).await {
                Ok(reply) => {
                    // The deed is done whatever becomes of the answer's body.
                    let _ = reply.drain().await;
                    return Ok(Destroyed::Now);
                }
                Err(HttpError::Refused(refusal)) => refusal,
                Err(error) => return Err(control_error(error, true)),
            };
            heard |= refusal.attempt > 1;
            match refusal.status {
                404 if heard => return Ok(Destroyed::Now),
                404 => return Ok(Destroyed::AlreadyGone),
                // A change of state is under way: perhaps this very one.
                409 => {
                    heard = true;
                    if self.is_gone(sandbox, cx).await? {
                        return Ok(Destroyed::Now);
                    }
                }
                _ => return Err(control_error(HttpError::Refused(refusal), true)),
            }
            if !polls.pause(deadline).await {
                return Err(control_error(HttpError::Refused(refusal), true));
            }
        }
    }

    async fn is_gone(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<bool> {
        match self.get(&sandbox.id, cx).await {
            Ok(dto) => Ok(dto.is_gone()),
            Err(HttpError::Refused(refusal)) if refusal.status == 404 => Ok(true),
            Err(error) => Err(control_error(error, true)),
        }
    }

    /// Stops a sandbox and waits until it has stopped.
    pub(crate) async fn stop(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<()> {
        let keep = ["sandbox", &sandbox.id, "autodelete", STOPPED_KEPT_MIN];
        let ask = self
            .control("stop", Method::POST, &keep)?
            .sandbox(&sandbox.id)
            .retry(Retry::Safe);
        let reply = self.ask_control(&ask, cx).await?;
        reply.drain().await.map_err(HttpError::plain)?;

        let mut ask = self
            .control("stop", Method::POST, &["sandbox", &sandbox.id, "stop"])?
            .sandbox(&sandbox.id);
        ask.url.query_pairs_mut().append_pair("force", "false");
        let reply = self.ask_control(&ask, cx).await?;
        reply.drain().await.map_err(HttpError::plain)?;

        let deadline = Instant::now() + CHANGE_TIMEOUT;
        let mut polls = Polls::new();
        loop {
            let got = self.get(&sandbox.id, cx).await;
            let dto = got.map_err(|error| control_error(error, true))?;
            match dto.state() {
                "stopped" => return Ok(()),
                "error" | "build_failed" => {
                    return Err(Failure::new(FailureClass::Unavailable, dto.words()).into());
                }
                _ if dto.is_gone() => {
                    return Err(Failure::new(FailureClass::SandboxGone, dto.words()).into());
                }
                _ => {}
            }
            if !polls.pause(deadline).await {
                let words = format!("not stopped in time; {}", dto.words());
                return Err(Failure::new(FailureClass::Unavailable, words).into());
            }
        }
    }
}
