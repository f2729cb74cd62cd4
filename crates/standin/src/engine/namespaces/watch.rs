//! The watch over a sandbox: what everything inside holds, and how many processes there are.
//!
//! A cgroup would bind harder, but its folder outlives a killed cutover, it takes the sandbox's
//! processes out of the group that the operator put cutover into, and an ordinary user has none.
//! Init looks instead, the more often the less is left, and ends the holder of the most, as the
//! kernel would. Between two looks a sandbox can go over by what it can take in that time.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use nix::poll::PollTimeout;

use super::crowd;
use super::everyone;
use super::memory::Memory;
use super::wire::{Ids, Setup, Who};
use crate::engine::procfs;

/// Time between two looks at a sandbox that is far from its limits.
const CALM: Duration = Duration::from_millis(250);

/// Time between two looks near a limit, and after something was ended.
const CLOSE: Duration = Duration::from_millis(10);

/// What can be taken in a millisecond: two processors write 8 GiB and fork 10 000 times a second.
const BYTES_PER_MS: u64 = (8 << 30) / 1000;
const PROCESSES_PER_MS: u64 = 10;

/// How often the newest are ended before their whole process group is.
const STRIKES_MAX: u32 = 3;

/// Looks take no more than this part of init's time, which is also the file servers': a fifth.
const WORK_PART: u32 = 4;

/// The watch of one sandbox.
#[derive(Debug)]
pub(super) struct Watch {
    /// None where a cgroup holds the memory.
    memory: Option<Memory>,
    processes_max: u64,
    /// Whether there may be processes of several users. One user's are held by his own limit,
    /// and only root can be more than one.
    several: bool,
    /// Whose command was started first since there was none.
    first: Option<Who>,
    /// How often there have been too many processes since there were few.
    strikes: u32,
    /// When to look again; never while nothing runs inside.
    next: Option<Instant>,
}

impl Watch {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            memory: (setup.ids != Ids::Container).then(|| Memory::new(setup.memory_bytes_max)),
            processes_max: u64::from(setup.processes_max),
            several: false,
            first: None,
            strikes: 0,
            next: None,
        }
    }

    /// Something was started. In a container the kernel holds all limits by itself.
    pub(super) fn begin(&mut self, who: &Who) {
        if self.memory.is_none() {
            return;
        }
        let root = matches!(who, Who::Root | Who::User { uid: 0, .. });
        let first = self.first.get_or_insert_with(|| who.clone());
        self.several |= root || first != who;
        let soon = Instant::now() + CLOSE;
        self.next = Some(self.next.map_or(soon, |next| next.min(soon)));
    }

    /// Looks no more until something is started.
    fn rest(&mut self) {
        (self.several, self.first, self.next) = (false, None, None);
    }

    /// How long init may sleep.
    pub(super) fn timeout(&self) -> PollTimeout {
        let Some(next) = self.next else {
            return PollTimeout::NONE;
        };
        let left = next.saturating_duration_since(Instant::now());
        // Rounded up: waking early would only mean to sleep again.
        let ms = left.as_millis().saturating_add(1).min(10_000);
        PollTimeout::try_from(ms).unwrap_or(PollTimeout::ZERO)
    }

    /// Looks, if it is time, and ends what is too much. What is frozen stays so.
    pub(super) fn look(&mut self, servers: &HashSet<i32>, frozen: bool) {
        let began = Instant::now();
        if self.next.is_none_or(|next| next > began) {
            return;
        }
        let all = everyone::commands_and_zombies(servers);
        let count = crowd::count(&all);
        if count > self.processes_max {
            self.thin(servers, frozen);
        } else if count < self.processes_max / 2 {
            self.strikes = 0;
        }
        let Some(memory) = &mut self.memory else {
            return;
        };
        let left = memory.look(&all);
        if all.is_empty() && left > 0 {
            // File servers may come and go: they hold nothing and start nothing.
            self.rest();
            return;
        }
        let mut pause = time_for(left, BYTES_PER_MS);
        // Root's command may have ended, and left nothing of another user behind.
        self.several = are_several(all.iter().filter_map(|it| procfs::owner(it.pid)));
        if self.several {
            let left = self.processes_max.saturating_sub(count);
            pause = pause.min(time_for(left, PROCESSES_PER_MS));
        }
        let now = Instant::now();
        self.next = Some(now + pause.max((now - began) * WORK_PART));
    }

    /// The kernel lets init start no process: ends those that are too many, if it is they that
    /// take the room, and not somebody outside.
    pub(super) fn make_room(&mut self, servers: &HashSet<i32>, frozen: bool) {
        if crowd::count(&everyone::commands_and_zombies(servers)) > self.processes_max {
            self.thin(servers, frozen);
        }
    }

    /// Ends the processes that are too many.
    fn thin(&mut self, servers: &HashSet<i32>, frozen: bool) {
        self.strikes = self.strikes.saturating_add(1);
        crowd::thin(
            self.processes_max,
            self.strikes > STRIKES_MAX,
            servers,
            frozen,
        );
    }
}

/// Whether processes of these users are more than one user's limit holds: root can be anybody.
fn are_several(mut owners: impl Iterator<Item = u32>) -> bool {
    let first = owners.next();
    first.is_some_and(|first| first == 0 || owners.any(|owner| owner != first))
}

/// The time until what is left can be taken.
fn time_for(left: u64, per_ms: u64) -> Duration {
    Duration::from_millis(left / per_ms).clamp(CLOSE, CALM)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> Watch {
        Watch::new(&Setup {
            hostname: String::new(),
            files_bytes_max: 1 << 20,
            processes_max: 512,
            open_files_max: 64,
            memory_bytes_max: 4 << 30,
            network: false,
            ids: Ids::Range { base: 0 },
            make_user: false,
        })
    }

    #[test]
    fn init_sleeps_until_something_runs() {
        let mut watch = watch();
        assert_eq!(watch.timeout(), PollTimeout::NONE);
        watch.begin(&Who::Root);
        assert!(watch.timeout().as_millis().is_some_and(|ms| ms <= 11));
        watch.rest();
        assert_eq!(watch.timeout(), PollTimeout::NONE);
    }

    #[test]
    fn several_users_are_watched_closer() {
        let user = |uid| Who::User {
            uid,
            gid: uid,
            groups: Vec::new(),
        };
        for (started, several) in [
            (vec![user(1000)], false),
            (vec![user(1000), user(1000)], false),
            (vec![user(1000), user(1001)], true),
            (vec![Who::Root], true),
            (vec![user(0)], true),
        ] {
            let mut watch = watch();
            for who in &started {
                watch.begin(who);
            }
            assert_eq!(watch.several, several, "{started:?}");
        }
    }

    #[test]
    fn root_or_two_users_are_several() {
        for (owners, several) in [
            (&[][..], false),
            (&[1000], false),
            (&[1000, 1000], false),
            (&[1000, 1001], true),
            (&[0], true),
            (&[1000, 0], true),
            (&[0, 0], true),
        ] {
            assert_eq!(are_several(owners.iter().copied()), several, "{owners:?}");
        }
    }

    #[test]
    fn the_less_is_left_the_sooner_is_the_next_look() {
        for (left, ms) in [(0, 10), (1 << 30, 125), (u64::MAX, 250)] {
            assert_eq!(time_for(left, BYTES_PER_MS).as_millis(), ms, "{left}");
        }
        assert_eq!(time_for(512, PROCESSES_PER_MS).as_millis(), 51);
    }
}
