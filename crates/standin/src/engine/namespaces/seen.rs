//! Where the kernel tells of the memory and the open files of a process.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fs;

use crate::engine::procfs::{Life, ProcessFacts};
use crate::engine::sys::compare_files;

/// A living process, and the folder of `/proc` that tells of its memory.
pub(super) struct Seen<'a> {
    pub(super) facts: &'a ProcessFacts,
    pub(super) task: String,
}

impl<'a> Seen<'a> {
    /// None of one that has ended.
    pub(super) fn of(facts: &'a ProcessFacts) -> Option<Self> {
        let pid = facts.pid;
        let task = if facts.life == Life::Headless {
            let tasks = entries(&format!("/proc/{pid}/task"));
            let first = format!("/proc/{pid}/task/{pid}");
            tasks.into_iter().find(|task| *task != first)?
        } else {
            format!("/proc/{pid}")
        };
        (facts.life != Life::Ended).then_some(Self { facts, task })
    }

    /// Bytes that are resident.
    pub(super) fn resident(&self, page_bytes: u64) -> u64 {
        let pages = if self.facts.life == Life::Headless {
            let statm = fs::read_to_string(format!("{}/statm", self.task)).unwrap_or_default();
            let resident = statm.split_whitespace().nth(1);
            resident.and_then(|it| it.parse().ok()).unwrap_or(0)
        } else {
            self.facts.resident_pages
        };
        pages.saturating_mul(page_bytes)
    }

    /// Its open files. Threads share one table, but each may have left it for one of its own.
    pub(super) fn open_files(&self) -> Vec<String> {
        if self.facts.threads <= 1 {
            return entries(&format!("{}/fd", self.task));
        }
        let pid = self.facts.pid;
        let threads = entries(&format!("/proc/{pid}/task")).into_iter();
        let threads = threads.filter_map(|task| task.rsplit_once('/')?.1.parse().ok());
        let of = |thread: i32| entries(&format!("/proc/{pid}/task/{thread}/fd"));
        one_of_each_table(threads)
            .into_iter()
            .flat_map(of)
            .collect()
    }
}

/// One thread for each table of open files. Where they cannot be compared, each counts as having
/// its own.
fn one_of_each_table(threads: impl Iterator<Item = i32>) -> Vec<i32> {
    let mut found: Vec<i32> = Vec::new();
    for thread in threads {
        let order = |other: &i32| compare_files(*other, thread).unwrap_or(Ordering::Less);
        if let Err(at) = found.binary_search_by(order) {
            found.insert(at, thread);
        }
    }
    found
}

/// The paths in a folder, if it is still there.
fn entries(folder: &str) -> Vec<String> {
    let found = fs::read_dir(folder).into_iter().flatten().flatten();
    let path = |entry: fs::DirEntry| Some(format!("{folder}/{}", entry.file_name().to_str()?));
    found.filter_map(path).collect()
}

/// Those that use the memory of a parent which waits for them to start another program, and so
/// show all of it once more.
pub(super) fn lent(processes: &[ProcessFacts]) -> Vec<i32> {
    let waiting: HashMap<i32, u64> = processes
        .iter()
        .filter(|parent| parent.waits)
        .map(|parent| (parent.pid, parent.address_bytes))
        .collect();
    let children = processes.iter();
    let children = children.filter(|it| waiting.get(&it.parent) == Some(&it.address_bytes));
    children.map(|child| child.pid).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use nix::sched::{CloneFlags, unshare};
    use nix::unistd::gettid;

    use super::*;

    #[test]
    fn threads_with_one_table_count_once() {
        let (tell, told) = mpsc::channel();
        let mut ends = Vec::new();
        for at in 0..6 {
            let (end, wait) = mpsc::channel::<()>();
            let tell = tell.clone();
            let thread = thread::spawn(move || {
                if at % 3 == 0 {
                    unshare(CloneFlags::CLONE_FILES).unwrap();
                }
                tell.send((at % 3 == 0, gettid().as_raw())).unwrap();
                // Until the sender is dropped.
                let _ended = wait.recv();
            });
            ends.push((end, thread));
        }
        let threads: Vec<(bool, i32)> = told.iter().take(6).collect();
        let found = one_of_each_table(threads.iter().map(|(_, thread)| *thread));
        let of_own = |thread: &i32| threads.contains(&(true, *thread));
        let count = found.iter().filter(|thread| of_own(thread)).count();
        assert_eq!((found.len(), count), (3, 2), "{found:?} of {threads:?}");
        for (end, thread) in ends {
            drop(end);
            thread.join().unwrap();
        }
    }
}
