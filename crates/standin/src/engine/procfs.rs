//! Facts about processes from `/proc`: of the host, or of a sandbox when read inside it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Whether a process goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Lives,
    /// Its first thread has ended and others go on: what the kernel tells of it, it tells of them.
    Headless,
    /// It has ended, and its parent has not taken it.
    Ended,
}

/// One process, as `/proc/<pid>/stat` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProcessFacts {
    pub(crate) pid: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
    /// Whether it is halted by a signal or a tracer.
    pub(crate) stopped: bool,
    pub(crate) life: Life,
    /// Whether it waits for something that no signal ends: a disk, or a child that uses its memory.
    pub(crate) waits: bool,
    pub(crate) parent: i32,
    pub(crate) threads: u64,
    /// Clock ticks from the host's start to its own.
    pub(crate) started: u64,
    /// Clock ticks in user and kernel mode.
    pub(crate) cpu_ticks: u64,
    /// Bytes of address space.
    pub(crate) address_bytes: u64,
    pub(crate) resident_pages: u64,
}

/// Every process that has not ended; zombies are left out.
pub(crate) fn processes() -> Vec<ProcessFacts> {
    let mut all = processes_and_zombies();
    all.retain(|process| process.life != Life::Ended);
    all
}

/// Every process that has a number.
pub(crate) fn processes_and_zombies() -> Vec<ProcessFacts> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(process)
        .collect()
}

/// One process.
pub(crate) fn process(pid: i32) -> Option<ProcessFacts> {
    let stat = fs::read(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    parse(pid, &String::from_utf8_lossy(&stat))
}

/// The effective user of a process.
pub(crate) fn owner(pid: i32) -> Option<u32> {
    let folder = fs::metadata(format!("/proc/{pid}"));
    folder.ok().map(|folder| folder.uid())
}

/// Bytes of memory that the host has.
pub(crate) fn host_memory_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// The processor time of processes, in microseconds, and their resident memory, in bytes.
pub(crate) fn total(processes: &[ProcessFacts]) -> (u64, u64) {
    use nix::unistd::{SysconfVar, sysconf};
    let constant = |name, usual: u64| {
        let value = sysconf(name).ok().flatten();
        value.and_then(|n| u64::try_from(n).ok()).unwrap_or(usual)
    };
    let ticks_per_second = constant(SysconfVar::CLK_TCK, 100).max(1);
    let page_bytes = constant(SysconfVar::PAGE_SIZE, 4096);
    let ticks: u64 = processes.iter().map(|process| process.cpu_ticks).sum();
    let pages: u64 = processes.iter().map(|process| process.resident_pages).sum();
    let cpu_us = ticks.saturating_mul(1_000_000) / ticks_per_second;
    (cpu_us, pages.saturating_mul(page_bytes))
}

fn parse(pid: i32, stat: &str) -> Option<ProcessFacts> {
    // The command's name is in parentheses and may hold anything, so fields count from its end.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let state = *fields.first()?;
    let count = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let (threads, ended) = (count(17)?, matches!(state, "Z" | "X" | "x"));
    Some(ProcessFacts {
        pid,
        group: fields.get(2)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        stopped: matches!(state, "T" | "t"),
        life: match (ended, threads) {
            (false, _) => Life::Lives,
            (true, 0 | 1) => Life::Ended,
            (true, _) => Life::Headless,
        },
        waits: state == "D",
        parent: fields.get(1)?.parse().ok()?,
        threads,
        started: count(19)?,
        cpu_ticks: count(11)?.saturating_add(count(12)?),
        address_bytes: count(20)?,
        resident_pages: count(21)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_with_a_hostile_name_and_tells_the_dead() {
        let line = |state: &str| {
            format!("7 (a) R 1 (x) {state} 1 6 5 0 -1 0 0 0 0 0 30 12 9 9 20 0 1 0 55 4096 17 0\n")
        };
        assert_eq!(
            parse(7, &line("T")),
            Some(ProcessFacts {
                pid: 7,
                group: 6,
                session: 5,
                stopped: true,
                life: Life::Lives,
                waits: false,
                parent: 1,
                threads: 1,
                started: 55,
                cpu_ticks: 42,
                address_bytes: 4096,
                resident_pages: 17,
            })
        );
        assert!(!parse(7, &line("S")).unwrap().stopped);
        assert_eq!(parse(7, &line("Z")).unwrap().life, Life::Ended);
        assert!(parse(7, &line("D")).unwrap().waits);
        let headless = line("Z").replace(" 20 0 1 0 55 ", " 20 0 3 0 55 ");
        assert_eq!(parse(7, &headless).unwrap().life, Life::Headless);
        assert_eq!(parse(7, "7 (short) S 1"), None);
    }

    #[test]
    fn this_process_is_there() {
        let own = nix::unistd::getpid().as_raw();
        let found = processes().into_iter().find(|process| process.pid == own);
        let (_, memory) = total(&[found.unwrap()]);
        assert!(memory > 0 && memory < host_memory_bytes().unwrap());
    }
}
