//! The helper process of a sandbox: started, and ended with it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::Stdio;

use async_trait::async_trait;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::dispatch::HELPER_ARGUMENT;
use super::greet::{Refused, greet};
use super::keeper::Keeper;
use super::link::Link;
use super::wire::Setup;
use crate::engine::{EngineError, sys};

/// A helper and a handle on the init that it has started.
#[derive(Debug)]
struct Helper {
    init: OwnedFd,
    process: Mutex<Child>,
}

#[async_trait]
impl Keeper for Helper {
    fn kill(&self) {
        // ESRCH: it has ended by itself.
        drop(sys::pidfd_kill(self.init.as_fd()));
    }

    async fn ended(&self) {
        // It fails only when somebody else has reaped the helper, which ends it as well.
        drop(self.process.lock().await.wait().await);
    }
}

/// Starts a helper and waits until its sandbox stands.
pub(super) async fn start(
    helper: &Path,
    setup: &Setup,
) -> Result<Result<Link, Refused>, EngineError> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let (near, far) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)
        .map_err(|error| EngineError::internal("make a control socket", &error.into()))?;
    set_blocking(&far).map_err(|error| EngineError::internal("make a control socket", &error))?;
    let process = Command::new(helper)
        .arg(HELPER_ARGUMENT)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(far))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| EngineError::internal(&format!("start {}", helper.display()), &error))?;
    let control =
        sys::register(near).map_err(|error| EngineError::internal("watch the socket", &error))?;
    // With a refusal the socket closes; helper and init end by themselves.
    Ok(greet(&control, setup, true).await?.and_then(|init| {
        let init = init.ok_or_else(|| ("pidfd_open".to_owned(), libc::EBADF))?;
        let process = Mutex::new(process);
        Ok(Link::new(control, Box::new(Helper { init, process })))
    }))
}

/// The helper reads its set-up before it has a loop.
fn set_blocking(fd: &OwnedFd) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL)?);
    fcntl(fd, FcntlArg::F_SETFL(flags - OFlag::O_NONBLOCK))?;
    Ok(())
}
