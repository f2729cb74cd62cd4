//! How many processes a sandbox has, of all users together, and which are too many.
//!
//! The kernel counts by user, and root inside is as many users as it likes.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::everyone::{self, Freeze};
use crate::engine::procfs::{Life, ProcessFacts};

/// Below the limit by this part of it when there were too many: an eighth.
const ROOM_PART: u64 = 8;

/// Threads, and ended processes that their parents have not taken, as the kernel counts as well.
pub(super) fn count(all: &[ProcessFacts]) -> u64 {
    all.iter().map(weight).sum()
}

/// Init takes its own in a moment.
const fn weight(process: &ProcessFacts) -> u64 {
    match (process.life, process.parent) {
        (Life::Ended, 1) => 0,
        (Life::Ended, _) => 1,
        _ => process.threads,
    }
}

/// Ends what is too much. Nothing forks on while it is chosen.
/// Who goes on after being thinned out several times is ended `whole`.
pub(super) fn thin(max: u64, whole: bool, servers: &HashSet<i32>, frozen: bool) {
    let mut pause = Freeze::default();
    if !frozen {
        pause.set(true, servers);
    }
    for pid in too_many(&everyone::commands_and_zombies(servers), max, whole) {
        // It may have ended since it was listed.
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    if !frozen {
        pause.set(false, servers);
    }
}

/// The processes of one process group: what one command line has started.
#[derive(Default)]
struct Group<'a> {
    weight: u64,
    /// The newest last.
    members: Vec<&'a ProcessFacts>,
}

/// Whom to end: always of the largest group, and there the newest, unless one alone is more than
/// half of it; or the `whole` group.
fn too_many(all: &[ProcessFacts], max: u64, whole: bool) -> BTreeSet<i32> {
    let mut ended = BTreeSet::new();
    let mut left = count(all);
    if left <= max {
        return ended;
    }
    let mut sorted: Vec<&ProcessFacts> = all.iter().filter(|it| weight(it) > 0).collect();
    sorted.sort_unstable_by_key(|process| (process.started, process.pid));
    let mut groups: BTreeMap<i32, Group<'_>> = BTreeMap::new();
    for process in sorted {
        let group = groups.entry(process.group).or_default();
        group.weight += weight(process);
        group.members.push(process);
    }
    while left > max - max / ROOM_PART {
        let newest = |group: &Group<'_>| group.members.last().map(|it| (it.started, it.pid));
        let largest = groups.values_mut().max_by_key(|it| (it.weight, newest(it)));
        let Some(group) = largest else { break };
        let all = group.weight;
        let alone = |process: &&ProcessFacts| weight(process) > 1 && weight(process) * 2 > all;
        let victims = match group.members.iter().position(alone) {
            _ if whole => std::mem::take(&mut group.members),
            Some(at) => vec![group.members.remove(at)],
            None => group.members.pop().into_iter().collect(),
        };
        if victims.is_empty() {
            break;
        }
        for victim in victims {
            group.weight -= weight(victim);
            left -= weight(victim);
            ended.insert(if victim.life == Life::Ended {
                victim.parent
            } else {
                victim.pid
            });
        }
    }
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, group: i32, threads: u64) -> ProcessFacts {
        ProcessFacts {
            pid,
            group,
            session: 1,
            stopped: false,
            life: Life::Lives,
            waits: false,
            address_bytes: 0,
            parent: 2,
            threads,
            started: u64::from(pid.unsigned_abs()),
            cpu_ticks: 0,
            resident_pages: 1,
        }
    }

    fn zombie(pid: i32, group: i32, parent: i32) -> ProcessFacts {
        ProcessFacts {
            life: Life::Ended,
            parent,
            ..process(pid, group, 1)
        }
    }

    fn ended(all: &[ProcessFacts], max: u64) -> Vec<i32> {
        too_many(all, max, false).into_iter().collect()
    }

    #[test]
    fn who_does_not_stop_goes_whole() {
        let mut all: Vec<_> = (10..30).map(|pid| process(pid, 10, 1)).collect();
        all.push(process(40, 40, 3));
        let ended = too_many(&all, 16, true);
        assert_eq!(ended, (10..30).collect::<BTreeSet<_>>());
    }

    #[test]
    fn the_newest_of_the_largest_group_go() {
        let mut all: Vec<_> = (10..30).map(|pid| process(pid, 10, 1)).collect();
        all.push(process(40, 40, 3));
        assert_eq!(count(&all), 23);
        assert_eq!(ended(&all, 23), [0; 0]);
        // Down to 14 of 16.
        assert_eq!(ended(&all, 16), (21..30).collect::<Vec<_>>());
    }

    #[test]
    fn one_with_most_of_the_threads_goes_alone() {
        let all = [process(10, 10, 1), process(11, 10, 90), process(12, 10, 1)];
        assert_eq!(ended(&all, 16), [11]);
    }

    #[test]
    fn who_does_not_take_the_ended_goes() {
        let mut all = vec![process(10, 10, 1), process(11, 11, 1)];
        all.extend((20..60).map(|pid| zombie(pid, 11, 11)));
        // Init's own are taken in a moment.
        all.extend((60..90).map(|pid| zombie(pid, 11, 1)));
        assert_eq!(count(&all), 42);
        assert_eq!(ended(&all, 16), [11]);
    }

    #[test]
    fn many_small_groups_go_newest_first() {
        let all: Vec<_> = (10..30).map(|pid| process(pid, pid, 1)).collect();
        assert_eq!(ended(&all, 16), (24..30).collect::<Vec<_>>());
    }
}
