//! The processes of one sandbox: their groups, exits and terminals.

use std::collections::{BTreeSet, HashMap};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus as HostStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::engine::procfs::{self, ProcessFacts};
use crate::engine::{EngineError, ExitStatus, SignalTarget, sys};

/// One started process: it leads a group of its own, which may outlive it.
#[derive(Debug)]
struct Led {
    running: bool,
    /// Whether it leads a session as well, as one with a terminal does.
    session: bool,
    terminal: Option<OwnedFd>,
}

/// All processes that a sandbox has started.
#[derive(Debug, Clone, Default)]
pub(super) struct Running {
    led: Arc<Mutex<HashMap<u32, Led>>>,
}

impl Running {
    /// Notes a started process.
    pub(super) fn started(&self, pid: u32, terminal: Option<OwnedFd>) {
        let led = Led {
            running: true,
            session: terminal.is_some(),
            terminal,
        };
        self.lock().insert(pid, led);
    }

    /// Notes that the leader has ended. Its group is kept: it may still have members.
    pub(super) fn ended(&self, pid: u32) {
        if let Some(led) = self.lock().get_mut(&pid) {
            led.running = false;
            led.terminal = None;
        }
    }

    /// Signals a process or group that this sandbox has started, and nothing else on the host.
    pub(super) fn signal(&self, target: SignalTarget, signal: i32) -> Result<(), EngineError> {
        let signal = Signal::try_from(signal).map_err(|errno| os("kill", errno))?;
        let mut led = self.lock();
        let (pid, group) = match target {
            SignalTarget::Process(pid) => (pid, false),
            SignalTarget::Group(pid) => (pid, true),
        };
        let mut known = led.get(&pid).is_some_and(|led| led.running);
        if !known && group && led.contains_key(&pid) {
            let left = members(&mut led);
            known = left
                .iter()
                .any(|process| i32::try_from(pid) == Ok(process.group));
        }
        if !known {
            return Err(os("kill", Errno::ESRCH));
        }
        let id = as_pid(pid)?;
        let sent = if group {
            killpg(id, signal)
        } else {
            kill(id, signal)
        };
        sent.map_err(|errno| os("kill", errno))
    }

    /// Tells a terminal its size.
    pub(super) fn resize(&self, pid: u32, cols: u16, rows: u16) -> Result<(), EngineError> {
        let led = self.lock();
        let found = led.get(&pid).filter(|led| led.running);
        let found = found.ok_or_else(|| os("resize", Errno::ESRCH))?;
        let terminal = found.terminal.as_ref();
        let terminal = terminal.ok_or_else(|| os("resize", Errno::ENOTTY))?;
        sys::set_window_size(terminal.as_fd(), cols, rows).map_err(|error| EngineError::Os {
            operation: "resize".to_owned(),
            errno: error.raw_os_error().unwrap_or(libc::EINVAL),
        })
    }

    /// The living processes of all groups and sessions that the sandbox's commands lead.
    pub(super) fn members(&self) -> Vec<ProcessFacts> {
        members(&mut self.lock())
    }

    /// Signals all of them, group by group; tells whom.
    pub(super) fn signal_all(&self, signal: i32) -> Result<Vec<ProcessFacts>, EngineError> {
        let signal = Signal::try_from(signal).map_err(|errno| os("kill", errno))?;
        let mut led = self.lock();
        let reached = members(&mut led);
        let groups: BTreeSet<i32> = reached.iter().map(|process| process.group).collect();
        // Children before parents: a shell that finds its child halted takes it for one that the
        // user has halted. A group that has ended since is nobody's to tell.
        for group in groups.into_iter().rev() {
            let _ = killpg(Pid::from_raw(group), signal);
        }
        Ok(reached)
    }

    /// Kills everything that is left. True when there was something.
    pub(super) fn kill_all(&self) -> bool {
        self.signal_all(libc::SIGKILL)
            .is_ok_and(|reached| !reached.is_empty())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Led>> {
        // The map is valid after every single statement, so a panic elsewhere does not spoil it.
        self.led.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The living processes of the groups and sessions in `led`; those that are over are taken out.
///
/// A pid that the kernel has given to somebody else since is of another session, unless that
/// session is ours: a group's members are those of our own session, or of the session that the
/// leader of a terminal had. While a session lives its id is given to nobody; once its leader was
/// reaped, a process with that very id is somebody else.
fn members(led: &mut HashMap<u32, Led>) -> Vec<ProcessFacts> {
    let own_session = nix::unistd::getsid(None).map_or(0, Pid::as_raw);
    let all = procfs::processes();
    let mut found = Vec::new();
    led.retain(|pid, led| {
        let Ok(pid) = i32::try_from(*pid) else {
            return false;
        };
        let taken = !led.running && all.iter().any(|process| process.pid == pid);
        let before = found.len();
        if !taken {
            found.extend(all.iter().copied().filter(|process| {
                let in_group = process.group == pid && process.session == own_session;
                in_group || (led.session && process.session == pid)
            }));
        }
        led.running || found.len() > before
    });
    found
}

/// How a process of the host ended.
pub(super) fn exit_status(status: HostStatus) -> ExitStatus {
    match (status.code(), status.signal()) {
        (Some(code), _) => ExitStatus::Code(code),
        (None, signal) => ExitStatus::Signal {
            signal: signal.unwrap_or(libc::SIGKILL),
            core: status.core_dumped(),
        },
    }
}

fn as_pid(pid: u32) -> Result<Pid, EngineError> {
    let raw = i32::try_from(pid).map_err(|_| os("kill", Errno::ESRCH))?;
    Ok(Pid::from_raw(raw))
}

fn os(operation: &str, errno: Errno) -> EngineError {
    EngineError::Os {
        operation: operation.to_owned(),
        errno: errno as i32,
    }
}
