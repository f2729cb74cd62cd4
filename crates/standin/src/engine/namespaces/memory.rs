//! The memory of a sandbox, watched by its init.
//!
//! A cgroup would bind harder, but its folder outlives a killed cutover, and it takes the
//! sandbox's processes out of the group that the operator put cutover into. Init looks at what
//! everything inside holds, more often as it nears the limit, and ends the largest process when it
//! is over, as the kernel would. Between two looks a process can go over by what it can touch in
//! that time.

use std::collections::HashSet;
use std::fs;
use std::time::{Duration, Instant};

use nix::poll::PollTimeout;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, SysconfVar, sysconf};

use super::everyone;

/// Time between two looks at a sandbox that is far from its limit.
const CALM: Duration = Duration::from_millis(250);

/// Time between two looks near the limit, and after a process was ended.
const CLOSE: Duration = Duration::from_millis(20);

/// Being near is holding this part of the limit: a quarter.
const CLOSE_PART: u64 = 4;

/// The watch of one sandbox.
#[derive(Debug)]
pub(super) struct MemoryWatch {
    bytes_max: u64,
    page_bytes: u64,
    /// When to look again; never while nothing runs inside.
    next: Option<Instant>,
}

impl MemoryWatch {
    pub(super) fn new(bytes_max: u64) -> Self {
        let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
        Self {
            bytes_max,
            page_bytes: page.and_then(|n| u64::try_from(n).ok()).unwrap_or(4096),
            next: None,
        }
    }

    /// Something was started.
    pub(super) fn begin(&mut self) {
        self.next.get_or_insert_with(|| Instant::now() + CLOSE);
    }

    /// Nothing is left inside.
    pub(super) const fn rest(&mut self) {
        self.next = None;
    }

    /// How long init may sleep.
    pub(super) fn timeout(&self) -> PollTimeout {
        let Some(next) = self.next else {
            return PollTimeout::NONE;
        };
        let left = next.saturating_duration_since(Instant::now());
        // Rounded up: waking early would only mean to sleep again.
        let ms = left.as_millis().saturating_add(1).min(1000);
        PollTimeout::try_from(ms).unwrap_or(PollTimeout::ZERO)
    }

    /// Looks, if it is time, and ends the largest process if all together are over the limit.
    pub(super) fn look(&mut self, servers: &HashSet<i32>) {
        let now = Instant::now();
        if self.next.is_none_or(|next| next > now) {
            return;
        }
        let mut held: Vec<(u64, i32)> = everyone::commands(servers)
            .into_iter()
            .filter_map(|process| Some((self.held(process.pid)?, process.pid)))
            .collect();
        let all: u64 = held.iter().map(|(bytes, _)| bytes).sum();
        held.sort_unstable();
        if all > self.bytes_max
            && let Some((_, largest)) = held.last()
        {
            // One that has just ended has given its memory back by itself.
            let _gone = kill(Pid::from_raw(*largest), Signal::SIGKILL);
        }
        let is_close = all > self.bytes_max / CLOSE_PART;
        self.next = Some(now + if is_close { CLOSE } else { CALM });
    }

    /// Bytes of its own that a process holds; what it shares with files is not counted, as every
    /// process of a program would be charged for the same.
    fn held(&self, pid: i32) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
        own_pages(&text).map(|pages| pages * self.page_bytes)
    }
}

/// Resident pages less shared ones, of a line of `statm`.
fn own_pages(statm: &str) -> Option<u64> {
    let mut fields = statm.split_whitespace().skip(1);
    let mut count = || fields.next()?.parse::<u64>().ok();
    let (resident, shared) = (count()?, count()?);
    Some(resident.saturating_sub(shared))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_not_held() {
        assert_eq!(own_pages("900 300 120 9 0 60 0\n"), Some(180));
        assert_eq!(own_pages("0 0 0 0 0 0 0\n"), Some(0));
        assert_eq!(own_pages("12\n"), None);
    }

    #[test]
    fn init_sleeps_until_something_runs() {
        let mut watch = MemoryWatch::new(1 << 30);
        assert_eq!(watch.timeout(), PollTimeout::NONE);
        watch.begin();
        assert!(watch.timeout().as_millis().is_some_and(|ms| ms <= 21));
        watch.rest();
        assert_eq!(watch.timeout(), PollTimeout::NONE);
    }
}
