//! The first words with an init: what it shall make, and that it stands.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use tokio::io::unix::AsyncFd;

use super::packet::{self, Packet};
use super::wire::{Reply, Setup};
use crate::engine::EngineError;

/// Time for a sandbox to stand. It takes milliseconds; a machine under heavy load may take a
/// hundred times that, and a helper that hangs must not hang a run.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A step of the set-up that the host refused, and its errno.
pub(in crate::engine) type Refused = (String, i32);

/// Sends the set-up and waits until the sandbox stands. The handle on init is a helper's to give.
pub(in crate::engine) async fn greet(
    control: &AsyncFd<OwnedFd>,
    setup: &Setup,
    with_handle: bool,
) -> Result<Result<Option<OwnedFd>, Refused>, EngineError> {
    Packet::new(setup, Vec::new())
        .and_then(|packet| packet.send(control.as_fd()))
        .map_err(|error| EngineError::internal("send the set-up", &error))?;
    match tokio::time::timeout(START_TIMEOUT, wait_ready(control, with_handle)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(EngineError::internal("start a sandbox", &error)),
        Err(_) => Err(EngineError::Internal(
            "the sandbox did not start".to_owned(),
        )),
    }
}

/// The word that the sandbox stands and the handle, if there is to be one, which comes from
/// another process and so in either order.
async fn wait_ready(
    control: &AsyncFd<OwnedFd>,
    with_handle: bool,
) -> io::Result<Result<Option<OwnedFd>, Refused>> {
    let mut init = None;
    let mut ready = false;
    loop {
        match packet::next(control).await? {
            Some((Reply::Init, descriptors)) => init = descriptors.into_iter().next(),
            Some((Reply::Ready, _)) => ready = true,
            Some((Reply::SetupFailed { step, errno }, _)) => return Ok(Err((step, errno))),
            Some(_) | None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        if ready && (init.is_some() || !with_handle) {
            return Ok(Ok(init));
        }
    }
}
