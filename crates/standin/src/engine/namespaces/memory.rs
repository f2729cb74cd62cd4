//! What memory a sandbox holds, and who holds the most of it.
//!
//! Most looks only add up what is resident, which is never less. Only where that is over the limit
//! each mapping is looked at: pages of several processes count once, files count as files.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::fs::File;
use std::io::BufReader;
use std::os::unix::fs::MetadataExt as _;

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, SysconfVar, sysconf};

use super::mappings::{self, Mapped};
use super::sysv::{self, Object};
use crate::engine::procfs::ProcessFacts;
use crate::engine::sys::SysvKind;

/// Bytes of one block, whatever the file system.
const BLOCK_BYTES: u64 = 512;

/// The limit of one sandbox.
#[derive(Debug)]
pub(super) struct Memory {
    bytes_max: u64,
    page_bytes: u64,
    /// Where memory files are, which no mount shows: `memfd`, shared anonymous maps, System V.
    device: Option<u64>,
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
        }
    }

    /// Ends the largest holder if all together are over the limit. Gives the bytes that are left.
    pub(super) fn look(&self, processes: &[ProcessFacts]) -> u64 {
        let open = self.open_files(processes);
        let objects = sysv::objects();
        let shared = open.values().map(|file| file.bytes).sum::<u64>()
            + objects.iter().map(|object| object.bytes).sum::<u64>();
        let pages: u64 = processes.iter().map(|it| it.resident_pages).sum();
        let most = shared.saturating_add(pages.saturating_mul(self.page_bytes));
        if most <= self.bytes_max {
            return self.bytes_max - most;
        }
        let mapped = |process: &ProcessFacts| {
            let smaps = File::open(format!("/proc/{}/smaps", process.pid)).ok()?;
            let is_open = |inode| open.contains_key(&inode);
            let mapped = mappings::read(BufReader::new(smaps), self.device, is_open);
            Some((process.pid, mapped))
        };
        let mapped: Vec<(i32, Mapped)> = processes.iter().filter_map(mapped).collect();
        let own: u64 = mapped.iter().map(|(_, mapped)| mapped.own_bytes).sum();
        let all = shared.saturating_add(own);
        if all > self.bytes_max {
            match largest(&mapped, &open, &objects) {
                // One that has just ended has given its memory back by itself.
                Some(Holder::Process(pid)) => {
                    let _gone = kill(Pid::from_raw(pid), Signal::SIGKILL);
                }
                Some(Holder::Objects) => remove(objects, all - self.bytes_max),
                None => {}
            }
        }
        self.bytes_max.saturating_sub(all)
    }

    fn open_files(&self, processes: &[ProcessFacts]) -> OpenFiles {
        let mut files = OpenFiles::new();
        let Some(device) = self.device else {
            return files;
        };
        for ProcessFacts { pid, .. } in processes.iter().filter(|it| !it.zombie) {
            let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
                continue;
            };
            for entry in entries.flatten() {
                let Ok(facts) = fs::metadata(entry.path()) else {
                    continue;
                };
                if facts.dev() == device && facts.is_file() {
                    let file = files.entry(facts.ino()).or_default();
                    file.bytes = facts.blocks().saturating_mul(BLOCK_BYTES);
                    if file.holders.last() != Some(pid) {
                        file.holders.push(*pid);
                    }
                }
            }
        }
        files
    }
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
    fn an_open_memory_file_is_found() {
        let memory = Memory::new(1 << 30);
        let mut file = File::from(memfd_create(c"x", MFdFlags::MFD_CLOEXEC).unwrap());
        file.write_all(&vec![1; 3 << 20]).unwrap();
        let own = nix::unistd::getpid().as_raw();
        let mut all = crate::engine::procfs::processes().into_iter();
        let own = all.find(|process| process.pid == own).unwrap();
        let found = memory.open_files(&[own]);
        let inode = file.metadata().unwrap().ino();
        assert_eq!(found[&inode].bytes, 3 << 20);
        assert_eq!(found[&inode].holders, [own.pid]);
    }
}
