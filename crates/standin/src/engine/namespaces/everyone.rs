//! Signals to everything inside but init and its servers.

use std::collections::HashSet;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::engine::procfs::{self, Life, ProcessFacts};

/// What a signal to all did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reached {
    pub(super) count: u32,
    /// Of those, how many are not halted.
    pub(super) running: u32,
}

/// Every process inside but init and `servers`.
pub(super) fn commands(servers: &HashSet<i32>) -> Vec<ProcessFacts> {
    let mut all = commands_and_zombies(servers);
    all.retain(|process| process.life != Life::Ended);
    all
}

/// As [`commands`], with those that have ended and still have their number.
pub(super) fn commands_and_zombies(servers: &HashSet<i32>) -> Vec<ProcessFacts> {
    let mut all = procfs::processes_and_zombies();
    all.retain(|process| process.pid > 1 && !servers.contains(&process.pid));
    all
}

/// Signals all of them.
pub(super) fn signal(signal: i32, servers: &HashSet<i32>) -> Result<Reached, Errno> {
    let signal = Signal::try_from(signal)?;
    if matches!(signal, Signal::SIGKILL | Signal::SIGSTOP) {
        stop(servers);
    }
    let all = commands(servers);
    if signal != Signal::SIGSTOP {
        send(&all, signal);
    }
    Ok(reached(&all))
}

/// What is halted now by a freeze, and what was halted before and stays so.
#[derive(Debug, Default)]
pub(super) struct Freeze {
    on: bool,
    halted_before: HashSet<i32>,
}

impl Freeze {
    /// Whether everything is halted.
    pub(super) const fn is_on(&self) -> bool {
        self.on
    }

    /// Halts all of them, or lets them go on.
    pub(super) fn set(&mut self, frozen: bool, servers: &HashSet<i32>) -> Reached {
        if frozen {
            if !self.on {
                let halted = commands(servers).into_iter().filter(|p| p.stopped);
                self.halted_before = halted.map(|p| p.pid).collect();
            }
            self.on = true;
            stop(servers);
            return reached(&commands(servers));
        }
        let mut all = commands(servers);
        all.retain(|process| !self.halted_before.contains(&process.pid));
        // Children before their parents: a shell that finds its child halted takes it for one
        // that the user has halted.
        all.sort_by_key(|process| std::cmp::Reverse(process.pid));
        send(&all, Signal::SIGCONT);
        *self = Self::default();
        reached(&all)
    }
}

/// Halts everything at once. One call of the kernel reaches also what forks at this moment, which
/// one signal after the other never would; the servers among them go on immediately.
fn stop(servers: &HashSet<i32>) {
    // ESRCH: there is nothing but init.
    let _ = kill(Pid::from_raw(-1), Signal::SIGSTOP);
    for server in servers {
        let _ = kill(Pid::from_raw(*server), Signal::SIGCONT);
    }
}

fn send(processes: &[ProcessFacts], signal: Signal) {
    for process in processes {
        // It may have ended since it was listed.
        let _ = kill(Pid::from_raw(process.pid), signal);
    }
}

fn reached(processes: &[ProcessFacts]) -> Reached {
    let running = processes.iter().filter(|process| !process.stopped).count();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Reached {
        count: count(processes.len()),
        running: count(running),
    }
}
