//! Init: pid 1 of a sandbox, one thread, one loop over its control socket and its children.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{SigSet, Signal, kill, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::socket::MsgFlags;
use nix::sys::stat::Mode;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::ask;
use super::child;
use super::everyone::{self, Freeze, Reached};
use super::packet::{self, Packet};
use super::watch::Watch;
use super::wire::{Reply, Request, Setup, Spawn, Who};
use crate::engine::files;
use crate::engine::streams::ProcessEnds;
use crate::engine::sys;

/// Tries to fork where there is no room for it, and the longest pause between two of them.
const FORK_TRIES: u32 = 20;
const FORK_PAUSE_MS: u8 = 2;

/// The state of the loop.
pub(super) struct Init {
    setup: Setup,
    control: OwnedFd,
    children: SignalFd,
    /// Processes whose end the host wants to know.
    leaders: HashSet<i32>,
    /// File servers and the like: children of our own, which are no command's.
    servers: HashSet<i32>,
    /// Those of them that the host can name.
    named: HashMap<u64, i32>,
    freeze: Freeze,
    watch: Watch,
    /// Replies that the socket did not take yet.
    waiting: VecDeque<Packet>,
}

impl Init {
    /// Prepares the loop: from here on ended children are told by a descriptor.
    pub(super) fn new(setup: Setup, control: OwnedFd) -> io::Result<Self> {
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGCHLD);
        mask.thread_block()?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        Ok(Self {
            watch: Watch::new(&setup),
            setup,
            control,
            children: SignalFd::with_flags(&mask, flags)?,
            leaders: HashSet::new(),
            servers: HashSet::new(),
            named: HashMap::new(),
            freeze: Freeze::default(),
            waiting: VecDeque::new(),
        })
    }

    /// Runs until the control socket ends, and with it everything inside.
    pub(super) fn run(mut self) -> io::Result<()> {
        self.reply(&Reply::Ready, Vec::new())?;
        loop {
            let mut wanted = PollFlags::POLLIN;
            if !self.waiting.is_empty() {
                wanted |= PollFlags::POLLOUT;
            }
            let mut fds = [
                PollFd::new(self.control.as_fd(), wanted),
                PollFd::new(self.children.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut fds, self.watch.timeout()) {
                Ok(_) => {}
                Err(Errno::EINTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let (control, children) = (fds[0].any(), fds[1].any());
            if children.unwrap_or(true) {
                self.reap()?;
            }
            self.watch.look(&self.servers, self.freeze.is_on());
            self.flush()?;
            if control.unwrap_or(true) && !self.serve_one()? {
                return Ok(());
            }
        }
    }

    /// Takes one request, if there is one; false when the host is gone.
    fn serve_one(&mut self) -> io::Result<bool> {
        let received = packet::receive::<Request>(self.control.as_fd(), MsgFlags::MSG_DONTWAIT);
        match received {
            Ok(Some((request, descriptors))) => self.serve(request, descriptors)?,
            Ok(None) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    fn serve(&mut self, request: Request, descriptors: Vec<OwnedFd>) -> io::Result<()> {
        match request {
            Request::Spawn(spawn) => return self.spawn(&spawn, descriptors),
            Request::File { op, who, kept } => {
                if let Some(stream) = descriptors.into_iter().next() {
                    match self.fork() {
                        Ok(None) => child::run_file_server(&self.setup, op, &who, stream),
                        Ok(Some(pid)) => {
                            self.servers.insert(pid.as_raw());
                            self.named.extend(kept.map(|id| (id, pid.as_raw())));
                        }
                        Err(error) => files::refuse(&UnixStream::from(stream), "fork", &error),
                    }
                }
            }
            Request::Ask { question } => {
                if let Some(stream) = descriptors.into_iter().next() {
                    match self.fork() {
                        Ok(None) => ask::run(question, &self.servers, &stream),
                        Ok(Some(pid)) => drop(self.servers.insert(pid.as_raw())),
                        Err(error) => ask::refuse(&stream, &error),
                    }
                }
            }
            Request::Signal {
                id,
                pid,
                group,
                signal,
            } => {
                let sent = send_signal(pid, group, signal).map(|()| Reached::default());
                return self.signalled(id, sent);
            }
            Request::SignalAll { id, signal } => {
                let sent = everyone::signal(signal, &self.servers);
                return self.signalled(id, sent);
            }
            Request::Freeze { id, frozen } => {
                let reached = self.freeze.set(frozen, &self.servers);
                return self.signalled(id, Ok(reached));
            }
        }
        Ok(())
    }

    fn signalled(&mut self, id: u64, sent: nix::Result<Reached>) -> io::Result<()> {
        let errno = sent.err().map_or(0, |errno| errno as i32);
        let reached = sent.unwrap_or_default();
        let reply = Reply::Signalled {
            id,
            errno,
            reached: reached.count,
            running: reached.running,
        };
        self.reply(&reply, Vec::new())
    }

    fn spawn(&mut self, spawn: &Spawn, descriptors: Vec<OwnedFd>) -> io::Result<()> {
        self.end_servers(&spawn.after);
        let result = match spawn.terminal {
            Some(size) => open_terminal(size, &spawn.who)
                .map(|(master, ends)| (Some(master), ends, descriptors)),
            None => take_ends(descriptors).map(|(ends, rest)| (None, ends, rest)),
        };
        let started =
            result
                .map_err(|error| ("terminal", error))
                .and_then(|(master, ends, mut rest)| {
                    let status = rest.pop().ok_or(("fork", Errno::EBADF.into()))?;
                    match self.fork().map_err(|error| ("fork", error))? {
                        None => child::run_command(&self.setup, spawn, status, ends),
                        Some(pid) => Ok((pid, master)),
                    }
                });
        let id = spawn.id;
        match started {
            Ok((pid, master)) => {
                self.leaders.insert(pid.as_raw());
                self.watch.begin(&spawn.who);
                let reply = Reply::Started {
                    id,
                    pid: pid.as_raw().cast_unsigned(),
                };
                self.reply(&reply, master.into_iter().collect())
            }
            Err((operation, error)) => {
                let reply = Reply::NotStarted {
                    id,
                    operation: operation.to_owned(),
                    errno: error.raw_os_error().unwrap_or(libc::EINVAL),
                };
                self.reply(&reply, Vec::new())
            }
        }
    }

    /// Forks; where the sandbox has no process left, after ending those that are too many. Where
    /// it is this machine that has none, only after some patience.
    fn fork(&mut self) -> io::Result<Option<Pid>> {
        for _ in 0..FORK_TRIES {
            match sys::fork() {
                Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {
                    self.watch.make_room(&self.servers, self.freeze.is_on());
                    self.reap()?;
                    // Not all that end are our children, so a moment is enough as well.
                    let mut ended = [PollFd::new(self.children.as_fd(), PollFlags::POLLIN)];
                    poll(&mut ended, FORK_PAUSE_MS)?;
                }
                forked => return forked,
            }
        }
        sys::fork()
    }

    /// Ends servers that wait for an operation, and takes them, so that nothing sees them.
    fn end_servers(&mut self, ids: &[u64]) {
        let ended: Vec<i32> = ids.iter().filter_map(|id| self.named.remove(id)).collect();
        for pid in &ended {
            // It may be ending by itself.
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        for pid in ended {
            while let Err(Errno::EINTR) = waitpid(Pid::from_raw(pid), None) {}
            self.servers.remove(&pid);
        }
    }

    /// Takes every ended child, also the orphans that fell to us.
    fn reap(&mut self) -> io::Result<()> {
        while let Ok(Some(_)) = self.children.read_signal() {}
        loop {
            let (raw, status) = match sys::reap() {
                Ok(Some(ended)) => ended,
                Ok(None) => return Ok(()),
                Err(error) => match error.raw_os_error() {
                    Some(libc::ECHILD) => return Ok(()),
                    Some(libc::EINTR) => continue,
                    _ => return Err(error),
                },
            };
            if self.servers.remove(&raw) {
                self.named.retain(|_, pid| *pid != raw);
            }
            if self.leaders.remove(&raw) {
                let pid = raw.cast_unsigned();
                let reply = match (status.code(), status.signal()) {
                    (Some(code), _) => Reply::Exited { pid, code },
                    (None, signal) => Reply::Killed {
                        pid,
                        signal: signal.unwrap_or(libc::SIGKILL),
                        core: status.core_dumped(),
                    },
                };
                self.reply(&reply, Vec::new())?;
            }
        }
    }

    fn reply(&mut self, reply: &Reply, descriptors: Vec<OwnedFd>) -> io::Result<()> {
        self.waiting.push_back(Packet::new(reply, descriptors)?);
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        while let Some(packet) = self.waiting.front() {
            match packet.send(self.control.as_fd()) {
                Ok(()) => drop(self.waiting.pop_front()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn send_signal(pid: i32, group: bool, signal: i32) -> nix::Result<()> {
    // 0 and below are whole groups, 1 is init itself: neither is anybody's to signal.
    if pid <= 1 {
        return Err(Errno::ESRCH);
    }
    let signal = Signal::try_from(signal)?;
    let pid = Pid::from_raw(pid);
    if group {
        killpg(pid, signal)
    } else {
        kill(pid, signal)
    }
}

/// Input, error and output are the last of what came; what is left is the status pipe.
fn take_ends(mut descriptors: Vec<OwnedFd>) -> io::Result<(ProcessEnds, Vec<OwnedFd>)> {
    if descriptors.len() < 3 {
        return Err(Errno::EBADF.into());
    }
    let mut rest = descriptors.split_off(1).into_iter();
    let (Some(stdout), Some(stderr)) = (rest.next(), rest.next()) else {
        return Err(Errno::EBADF.into());
    };
    let stdin = rest.next();
    Ok((
        ProcessEnds {
            stdin,
            stdout,
            stderr,
        },
        descriptors,
    ))
}

/// Opens a terminal of the sandbox's own devpts.
fn open_terminal(size: (u16, u16), who: &Who) -> io::Result<(OwnedFd, ProcessEnds)> {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let master = nix::pty::posix_openpt(flags)?;
    nix::pty::unlockpt(&master)?;
    let path = nix::pty::ptsname_r(&master)?;
    if let Who::User { uid, .. } = who {
        // It is the owner who may open it again by name.
        std::os::unix::fs::chown(&path, Some(*uid), None)?;
    }
    let slave = open(path.as_str(), flags, Mode::empty())?;
    let master = master.as_fd().try_clone_to_owned()?;
    sys::set_window_size(master.as_fd(), size.0, size.1)?;
    let ends = ProcessEnds {
        stdin: Some(slave.try_clone()?),
        stdout: slave.try_clone()?,
        stderr: slave,
    };
    Ok((master, ends))
}
