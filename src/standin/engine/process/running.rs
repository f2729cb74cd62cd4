//! The processes of one sandbox: their groups, exits and terminals.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus as HostStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::standin::engine::{EngineError, ExitStatus, SignalTarget, sys};

/// One started process: it leads a group of its own, which may outlive it.
#[derive(Debug, Default)]
struct Led {
    running: bool,
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
            terminal,
        };
        self.lock().insert(pid, led);
    }

    /// Notes that the leader has ended. Its group is kept: it may still have members.
    pub(super) fn ended(&self, pid: u32) {
        if let Some(led) = self.lock().get_mut(&pid) {
            *led = Led::default();
        }
    }

    /// Signals a process or group that this sandbox has started, and nothing else on the host.
    pub(super) fn signal(&self, target: SignalTarget, signal: i32) -> Result<(), EngineError> {
        let signal = Signal::try_from(signal).map_err(|errno| os("kill", errno))?;
        let led = self.lock();
        let (pid, group) = match target {
            SignalTarget::Process(pid) => (pid, false),
            SignalTarget::Group(pid) => (pid, true),
        };
        let known = led
            .get(&pid)
            .is_some_and(|led| led.running || (group && has_members(pid)));
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

    /// Kills every group that still has members. True when there was one.
    pub(super) fn kill_all(&self) -> bool {
        let led = self.lock();
        let mut any = false;
        for (pid, state) in led.iter() {
            if (state.running || has_members(*pid))
                && let Ok(id) = as_pid(*pid)
            {
                any |= killpg(id, Signal::SIGKILL).is_ok();
            }
        }
        any
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Led>> {
        // The map is valid after every single statement, so a panic elsewhere does not spoil it.
        self.led.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a group whose leader was reaped has living members. A pid that the kernel has given
/// to somebody else since is of another session, unless that session is ours: a group's members
/// are those of our own session, or of the session that the leader of a terminal had.
fn has_members(group: u32) -> bool {
    let own_session = nix::unistd::getsid(None).map_or(0, Pid::as_raw);
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return false;
    };
    entries.flatten().any(|entry| {
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
            return false;
        };
        // The command's name is in parentheses and may hold anything, so fields count from its end.
        let Some((_, rest)) = stat.rsplit_once(')') else {
            return false;
        };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |index: usize| fields.get(index).and_then(|text| text.parse::<i64>().ok());
        let state = fields.first().copied();
        number(2) == Some(i64::from(group))
            && state != Some("Z")
            && state != Some("X")
            && (number(3) == Some(i64::from(own_session)) || number(3) == Some(i64::from(group)))
    })
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
