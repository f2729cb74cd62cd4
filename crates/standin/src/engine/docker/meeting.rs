//! Where the init of one container connects: a socket in a folder of its own.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, listen, socket,
};
use tempfile::TempDir;
use tokio::io::unix::AsyncFd;
use tokio::net::UnixListener;

use super::program::INSIDE;
use crate::engine::sys;

/// The socket's name in its folder.
const NAME: &str = "control";

/// See the module's description. Dropping it removes the folder.
#[derive(Debug)]
pub(super) struct Meeting {
    /// Nobody else may enter it; it holds what the container is shown.
    _outer: TempDir,
    folder: PathBuf,
    listener: UnixListener,
}

impl Meeting {
    /// Makes the folder, with a name that begins like this, and listens.
    ///
    /// # Errors
    /// What the operating system said.
    pub(super) fn new(prefix: &str) -> io::Result<Self> {
        let outer = tempfile::Builder::new().prefix(prefix).tempdir()?;
        Self::below(outer)
    }

    fn below(outer: TempDir) -> io::Result<Self> {
        let folder = outer.path().join("run");
        fs::create_dir(&folder)?;
        Ok(Self {
            listener: UnixListener::from_std(listen_in(&folder)?.into())?,
            folder,
            _outer: outer,
        })
    }

    /// The folder, as the container shall be shown it at [`Meeting::inside`].
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a container has the folder.
    pub(super) fn inside() -> String {
        format!("{INSIDE}/run")
    }

    /// The path at which init finds the socket.
    pub(super) fn socket_inside() -> String {
        format!("{}/{NAME}", Self::inside())
    }

    /// Waits for init, and takes the place away.
    ///
    /// # Errors
    /// What the operating system said.
    pub(super) async fn with_init(self) -> io::Result<AsyncFd<OwnedFd>> {
        let (control, _) = self.listener.accept().await?;
        sys::register(control.into_std()?.into())
    }
}

fn listen_in(folder: &Path) -> io::Result<OwnedFd> {
    // Root of the container may be another user here; who comes so far is let in by the folder
    // above.
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let listener = socket(AddressFamily::Unix, SockType::SeqPacket, flags, None)?;
    // Short, however long the folder's path is.
    let opened = File::open(folder)?;
    let short = format!("/proc/self/fd/{}/{NAME}", opened.as_raw_fd());
    bind(listener.as_raw_fd(), &UnixAddr::new(short.as_str())?)?;
    fs::set_permissions(folder.join(NAME), Permissions::from_mode(0o666))?;
    listen(&listener, Backlog::new(1)?)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use nix::sys::socket::connect;

    use super::*;

    #[tokio::test]
    async fn who_connects_is_met_and_nothing_is_left() {
        let below = tempfile::tempdir().unwrap();
        // Longer than the address of a socket may be.
        let deep = below.path().join("x".repeat(200));
        fs::create_dir(&deep).unwrap();
        let meeting = Meeting::below(tempfile::tempdir_in(&deep).unwrap()).unwrap();
        let opened = File::open(meeting.folder()).unwrap();
        let path = format!("/proc/self/fd/{}/{NAME}", opened.as_raw_fd());
        let kind = (AddressFamily::Unix, SockType::SeqPacket);
        let far = socket(kind.0, kind.1, SockFlag::SOCK_CLOEXEC, None).unwrap();
        connect(far.as_raw_fd(), &UnixAddr::new(path.as_str()).unwrap()).unwrap();
        meeting.with_init().await.unwrap();
        assert_eq!(fs::read_dir(&deep).unwrap().count(), 0);
    }
}
