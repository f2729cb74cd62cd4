//! What memory a sandbox holds, and who holds the most of it.
//!
//! Most looks only add up what is resident, which is never less. Only where that is over the limit
//! each mapping is looked at: pages of several processes count once, files count as files.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::os::unix::fs::MetadataExt as _;

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, SysconfVar, sysconf};

use super::mappings::{self, Mapped};
use super::seen::{Seen, lent};
use super::sysv::{self, Object};
use crate::engine::procfs::ProcessFacts;
use crate::engine::sys::SysvKind;

/// Bytes of one block, whatever the file system.
const BLOCK_BYTES: u64 = 512;

/// Looks after which a doubt is none: nobody takes so long to start a program.
const DOUBTS_MAX: u32 = 10;

/// Open files of all processes together that a look goes through: a few tens of milliseconds.
/// Sixty processes have as many when half of what each may open is open.
const OPEN_FILES_MAX: usize = 32 * 1024;

/// Mappings that a look goes through: half a second when somebody has made that many.
const MAPPINGS_MAX: usize = 64 * 1024;

/// The limit of one sandbox.
#[derive(Debug)]
pub(super) struct Memory {
    bytes_max: u64,
    page_bytes: u64,
    /// Where memory files are, which no mount shows: `memfd`, shared anonymous maps, System V.
    device: Option<u64>,
    /// Looks in a row at which only memory that two show as theirs was over the limit.
    doubts: u32,
}

/// A memory file that somebody has open: it holds its bytes whether they are mapped or not.
#[derive(Debug, Default)]
struct OpenFile {
    bytes: u64,
    holders: Vec<i32>,
}

type OpenFiles = HashMap<u64, OpenFile>;

/// Who holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Process(i32),
    /// System V objects that no process has in its memory, all together.
    Objects,
}

impl Memory {
    pub(super) fn new(bytes_max: u64) -> Self {
        let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
        let file = memfd_create(c"", MFdFlags::MFD_CLOEXEC).ok();
        let facts = file.and_then(|file| File::from(file).metadata().ok());
        Self {
            bytes_max,
            page_bytes: page.and_then(|n| u64::try_from(n).ok()).unwrap_or(4096),
            device: facts.map(|facts| facts.dev()),
            doubts: 0,
        }
    }

    /// Ends the largest holder if all together are over the limit. Gives the bytes that are left.
    pub(super) fn look(&mut self, processes: &[ProcessFacts]) -> u64 {
        let mut living: Vec<Seen<'_>> = processes.iter().filter_map(Seen::of).collect();
        let open = self.open_files(&mut living);
        let objects = sysv::objects();
        let shared = open.values().map(|file| file.bytes).sum::<u64>()
            + objects.iter().map(|object| object.bytes).sum::<u64>();
        let resident: u64 = living.iter().map(|it| it.resident(self.page_bytes)).sum();
        let most = shared.saturating_add(resident);
        if most <= self.bytes_max {
            self.doubts = 0;
            return self.bytes_max - most;
        }
        let mut all = u64::MAX;
        let mut mapped = Vec::new();
        // Who forks between two of these reads is counted whole and then in parts.
        for _ in 0..2 {
            mapped = self.mapped(&living, &open);
            all = all.min(shared.saturating_add(own_bytes(&mapped)));
            if all <= self.bytes_max {
                self.doubts = 0;
                return self.bytes_max - all;
            }
        }
        let twice = lent(processes);
        let sure = mapped.iter().filter(|(pid, _)| !twice.contains(pid));
        let sure: u64 = sure.map(|(_, mapped)| mapped.own_bytes).sum();
        if shared.saturating_add(sure) <= self.bytes_max && self.doubts < DOUBTS_MAX {
            self.doubts += 1;
            return 0;
        }
        self.doubts = 0;
        match largest(&mapped, &open, &objects) {
            // One that has just ended has given its memory back by itself.
            Some(Holder::Process(pid)) => {
                let _gone = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            Some(Holder::Objects) => remove(objects, all - self.bytes_max),
            None => {}
        }
        0
    }

    /// What each process holds through its mappings.
    fn mapped(&self, living: &[Seen<'_>], open: &OpenFiles) -> Vec<(i32, Mapped)> {
        let is_open = |inode| open.contains_key(&inode);
        let mut left = MAPPINGS_MAX;
        let of = |seen: &Seen<'_>| {
            let smaps = File::open(format!("{}/smaps", seen.task));
            let mapped = match smaps {
                Ok(smaps) => mappings::read(BufReader::new(smaps), self.device, is_open, &mut left),
                // A program that may not be read.
                Err(error) if error.kind() == ErrorKind::PermissionDenied => None,
                Err(_) => return None,
            };
            // What is resident is not less than what would have been found.
            let resident = || Mapped {
                own_bytes: seen.resident(self.page_bytes),
                ..Mapped::default()
            };
            Some((seen.facts.pid, mapped.unwrap_or_else(resident)))
        };
        living.iter().filter_map(of).collect()
    }

    /// The memory files that are open. Who has the most open files is ended where all together
    /// have too many to be looked at: none shall be hidden by their number.
    fn open_files(&self, living: &mut Vec<Seen<'_>>) -> OpenFiles {
        let mut files = OpenFiles::new();
        let Some(device) = self.device else {
            return files;
        };
        let mut entries: Vec<Vec<String>> = living.iter().map(Seen::open_files).collect();
        let counts: Vec<usize> = entries.iter().map(Vec::len).collect();
        for at in too_many(&counts, OPEN_FILES_MAX) {
            // One that has just ended has closed them by itself.
            let _gone = kill(Pid::from_raw(living[at].facts.pid), Signal::SIGKILL);
            living.remove(at);
            entries.remove(at);
        }
        for (seen, entries) in living.iter().zip(entries) {
            for entry in entries {
                let Ok(facts) = fs::metadata(entry) else {
                    continue;
                };
                if facts.dev() == device && facts.is_file() {
                    let file = files.entry(facts.ino()).or_default();
                    file.bytes = facts.blocks().saturating_mul(BLOCK_BYTES);
                    if file.holders.last() != Some(&seen.facts.pid) {
                        file.holders.push(seen.facts.pid);
                    }
                }
            }
        }
        files
    }
}

/// The places of the largest counts, the last place first, without which all together are no more
/// than `max`.
fn too_many(counts: &[usize], max: usize) -> Vec<usize> {
    let mut all: usize = counts.iter().sum();
    let mut places: Vec<usize> = (0..counts.len()).collect();
    places.sort_unstable_by_key(|at| std::cmp::Reverse(counts[*at]));
    let mut over: Vec<usize> = places
        .into_iter()
        .take_while(|at| {
            let over = all > max;
            all -= if over { counts[*at] } else { 0 };
            over
        })
        .collect();
    over.sort_unstable_by_key(|at| std::cmp::Reverse(*at));
    over
}

fn own_bytes(mapped: &[(i32, Mapped)]) -> u64 {
    mapped.iter().map(|(_, mapped)| mapped.own_bytes).sum()
}

/// Whose part is the largest; what several hold is shared out among them.
fn largest(mapped: &[(i32, Mapped)], open: &OpenFiles, objects: &[Object]) -> Option<Holder> {
    let mut parts: BTreeMap<i32, u64> = BTreeMap::new();
    for (pid, mapped) in mapped {
        let attached = |object: &&Object| {
            object.kind == SysvKind::Memory && mapped.segments.contains(&object.id)
        };
        let segments = objects.iter().filter(attached);
        let segments: u64 = segments.map(|it| it.bytes / it.attached.max(1)).sum();
        *parts.entry(*pid).or_default() += mapped.own_bytes + segments;
    }
    for file in open.values() {
        for pid in &file.holders {
            *parts.entry(*pid).or_default() += file.bytes / file.holders.len().max(1) as u64;
        }
    }
    let processes = parts
        .into_iter()
        .map(|(pid, bytes)| (bytes, Holder::Process(pid)));
    let left: u64 = objects
        .iter()
        .filter(|it| it.attached == 0)
        .map(|it| it.bytes)
        .sum();
    let all = processes.chain((left > 0).then_some((left, Holder::Objects)));
    all.max_by_key(|(bytes, _)| *bytes)
        .map(|(_, holder)| holder)
}

/// Removes objects that no process has in its memory, the largest first, until so many bytes are
/// free.
fn remove(mut objects: Vec<Object>, bytes: u64) {
    objects.retain(|object| object.attached == 0);
    objects.sort_unstable_by_key(|object| std::cmp::Reverse(object.bytes));
    let mut free = 0;
    for object in objects {
        if free >= bytes {
            break;
        }
        free += object.bytes;
        object.remove();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_is_shared_is_shared_out() {
        let mapped = |own_bytes, segments: &[i32]| Mapped {
            own_bytes,
            segments: segments.iter().copied().collect(),
        };
        let segment = |id, bytes, attached| Object {
            kind: SysvKind::Memory,
            id,
            bytes,
            attached,
        };
        let file = |bytes, holders: &[i32]| OpenFile {
            bytes,
            holders: holders.to_vec(),
        };
        let none = OpenFiles::new;
        let two = [(5, mapped(100, &[])), (6, mapped(90, &[7]))];
        for (open, objects, expected) in [
            (none(), vec![], Holder::Process(5)),
            // A half of 30 each.
            (none(), vec![segment(7, 30, 2)], Holder::Process(6)),
            (none(), vec![segment(7, 10, 2)], Holder::Process(5)),
            (
                none(),
                vec![segment(8, 51, 0), segment(9, 50, 0)],
                Holder::Objects,
            ),
            // Attached by one who has gone since, it is nobody's.
            (none(), vec![segment(8, 101, 1)], Holder::Process(5)),
            (
                HashMap::from([(1, file(30, &[5, 6])), (2, file(11, &[6]))]),
                vec![],
                Holder::Process(6),
            ),
        ] {
            let found = largest(&two, &open, &objects);
            assert_eq!(found, Some(expected), "{open:?} {objects:?}");
        }
        assert_eq!(largest(&[], &none(), &[]), None);
    }

    #[test]
    fn who_has_the_most_open_files_is_too_much() {
        assert_eq!(too_many(&[], 10), [0; 0]);
        assert_eq!(too_many(&[3, 4, 3], 10), [0; 0]);
        assert_eq!(too_many(&[3, 5, 3], 10), [1]);
        assert_eq!(too_many(&[9, 1, 2, 7], 10), [0]);
        assert_eq!(too_many(&[9, 1, 7, 8], 10), [3, 0]);
    }

    #[test]
    fn an_open_memory_file_is_found() {
        let memory = Memory::new(1 << 30);
        let mut file = File::from(memfd_create(c"x", MFdFlags::MFD_CLOEXEC).unwrap());
        file.write_all(&vec![1; 3 << 20]).unwrap();
        let own = nix::unistd::getpid().as_raw();
        let mut all = crate::engine::procfs::processes().into_iter();
        let own = all.find(|process| process.pid == own).unwrap();
        let found = memory.open_files(&mut vec![Seen::of(&own).unwrap()]);
        let inode = file.metadata().unwrap().ino();
        assert_eq!(found[&inode].bytes, 3 << 20);
        assert_eq!(found[&inode].holders, [own.pid]);
    }
}
