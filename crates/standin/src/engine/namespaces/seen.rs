//! Where the kernel tells of the memory and the open files of a process.

use std::collections::HashMap;
use std::fs;

use crate::engine::procfs::{Life, ProcessFacts};

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

    /// Its open files; each thread may have some of its own.
    pub(super) fn open_files(&self) -> Vec<String> {
        if self.facts.threads <= 1 {
            return entries(&format!("{}/fd", self.task));
        }
        let tasks = entries(&format!("/proc/{}/task", self.facts.pid));
        let of = |task: String| entries(&format!("{task}/fd"));
        tasks.into_iter().flat_map(of).collect()
    }
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
