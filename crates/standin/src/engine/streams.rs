//! The pipes and terminals between the host and a process of a sandbox.

use std::io;
use std::os::fd::OwnedFd;

use nix::pty::OpenptyResult;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::unix::pipe;

use super::terminal::Terminal;
use super::{OutputMode, StdinMode};

/// The host's ends.
pub(crate) struct HostEnds {
    pub(crate) stdin: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    pub(crate) stdout: Box<dyn AsyncRead + Send + Unpin>,
    pub(crate) stderr: Option<Box<dyn AsyncRead + Send + Unpin>>,
}

/// The process's ends: its three standard streams. `None` is `/dev/null`.
#[derive(Debug)]
pub(crate) struct ProcessEnds {
    pub(crate) stdin: Option<OwnedFd>,
    pub(crate) stdout: OwnedFd,
    pub(crate) stderr: OwnedFd,
}

/// Makes the pipes that the modes ask for. Not for [`OutputMode::Pty`].
pub(crate) fn pipes(stdin: StdinMode, output: OutputMode) -> io::Result<(HostEnds, ProcessEnds)> {
    let (input_far, input_near): (Option<OwnedFd>, Option<Box<dyn AsyncWrite + Send + Unpin>>) =
        match stdin {
            StdinMode::Closed => (None, None),
            StdinMode::Pipe => {
                let (reader, writer) = io::pipe()?;
                let near = pipe::Sender::from_owned_fd(writer.into())?;
                (Some(reader.into()), Some(Box::new(near)))
            }
        };
    let (out_near, out_far) = io::pipe()?;
    let (err_near, err_far): (Option<Box<dyn AsyncRead + Send + Unpin>>, OwnedFd) = match output {
        OutputMode::TwoPipes => {
            let (near, far) = io::pipe()?;
            let near = pipe::Receiver::from_owned_fd(near.into())?;
            (Some(Box::new(near)), far.into())
        }
        OutputMode::OnePipe | OutputMode::Pty { .. } => (None, out_far.try_clone()?.into()),
    };
    let near = HostEnds {
        stdin: input_near,
        stdout: Box::new(pipe::Receiver::from_owned_fd(out_near.into())?),
        stderr: err_near,
    };
    let far = ProcessEnds {
        stdin: input_far,
        stdout: out_far.into(),
        stderr: err_far,
    };
    Ok((near, far))
}

/// The host's ends of a terminal, from its master.
pub(crate) fn terminal_ends(master: &OwnedFd) -> io::Result<HostEnds> {
    Ok(HostEnds {
        stdin: Some(Box::new(Terminal::new(master.try_clone()?)?)),
        stdout: Box::new(Terminal::new(master.try_clone()?)?),
        stderr: None,
    })
}

/// Opens a terminal of the host with a size: master and the process's three ends.
pub(crate) fn open_terminal(cols: u16, rows: u16) -> io::Result<(OwnedFd, ProcessEnds)> {
    let OpenptyResult { master, slave } = nix::pty::openpty(None, None)?;
    super::sys::set_window_size(std::os::fd::AsFd::as_fd(&master), cols, rows)?;
    set_cloexec(&master)?;
    set_cloexec(&slave)?;
    let far = ProcessEnds {
        stdin: Some(slave.try_clone()?),
        stdout: slave.try_clone()?,
        stderr: slave,
    };
    Ok((master, far))
}

fn set_cloexec(fd: &OwnedFd) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    fcntl(fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(())
}
