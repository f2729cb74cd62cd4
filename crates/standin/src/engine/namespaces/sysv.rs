//! System V objects: memory of the sandbox's IPC namespace that no process need hold.

use std::fs;

use nix::unistd::{SysconfVar, sysconf};

use crate::engine::sys::{self, SysvKind};

/// Bytes of the kernel for one semaphore, and for what an object costs beside its contents.
const SEMAPHORE_BYTES: u64 = 64;
const OBJECT_BYTES: u64 = 256;

/// One object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) kind: SysvKind,
    pub(super) id: i32,
    /// Bytes that it holds.
    pub(super) bytes: u64,
    /// Processes that have it in their memory; the others have no such count.
    pub(super) attached: u64,
}

impl Object {
    /// Removes it; it may have gone.
    pub(super) fn remove(&self) {
        drop(sys::remove_sysv(self.kind, self.id));
    }
}

/// Bounds shared memory by the limit of all memory. Best effort: from Linux 6.9 on, and where
/// there is a root inside; elsewhere the watch alone holds.
pub(super) fn bound(bytes_max: u64) {
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    let page = page.and_then(|n| u64::try_from(n).ok()).unwrap_or(4096);
    for (name, value) in [("shmmax", bytes_max), ("shmall", bytes_max / page)] {
        drop(fs::write(
            format!("/proc/sys/kernel/{name}"),
            value.to_string(),
        ));
    }
}

/// Every object of the sandbox.
pub(super) fn objects() -> Vec<Object> {
    [
        ("shm", SysvKind::Memory),
        ("sem", SysvKind::Semaphores),
        ("msg", SysvKind::Messages),
    ]
    .into_iter()
    .flat_map(|(name, kind)| {
        let table = fs::read_to_string(format!("/proc/sysvipc/{name}")).unwrap_or_default();
        parse(kind, &table)
    })
    .collect()
}

/// The lines of a table, whose columns its first line names.
fn parse(kind: SysvKind, table: &str) -> Vec<Object> {
    let mut lines = table.lines();
    let columns: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let object = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let count = |name: &str| {
            let at = columns.iter().position(|column| *column == name)?;
            fields.get(at)?.parse::<u64>().ok()
        };
        let (id, held, attached) = match kind {
            SysvKind::Memory => {
                let held = count("rss")?.saturating_add(count("swap")?);
                (count("shmid")?, held, count("nattch")?)
            }
            SysvKind::Semaphores => (
                count("semid")?,
                count("nsems")?.saturating_mul(SEMAPHORE_BYTES),
                0,
            ),
            SysvKind::Messages => (count("msqid")?, count("cbytes")?, 0),
        };
        Some(Object {
            kind,
            id: i32::try_from(id).ok()?,
            bytes: held.saturating_add(OBJECT_BYTES),
            attached,
        })
    };
    lines.filter_map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_by_the_names_of_their_columns() {
        let shm = "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n         0          3   600              67108864    12    12      1  1000  1000  1000  1000 1 0 1 33554432 4096\n";
        let sem = "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n        -7          1   600      32000     0     0     0     0 0 1\n";
        let msg = "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n         0          9   600       16384          4     1     0     0     0     0     0 1 0 1\n";
        for (kind, table, id, bytes, attached) in [
            (SysvKind::Memory, shm, 3, 33_554_432 + 4096 + 256, 1),
            (SysvKind::Semaphores, sem, 1, 32_000 * 64 + 256, 0),
            (SysvKind::Messages, msg, 9, 16_384 + 256, 0),
        ] {
            let found = parse(kind, table);
            let expected = Object {
                kind,
                id,
                bytes,
                attached,
            };
            assert_eq!(found, [expected]);
        }
        assert_eq!(parse(SysvKind::Memory, ""), []);
    }
}
