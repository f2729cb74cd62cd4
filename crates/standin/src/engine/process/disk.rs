//! What the files of a sandbox folder take.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Entries that are looked at: a folder of millions of files is measured in part, not for ever.
const ENTRIES_MAX: usize = 200_000;

/// Bytes of one block in `stat`'s count.
const BLOCK_BYTES: u64 = 512;

/// Bytes taken and bytes there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disk {
    pub(super) bytes: u64,
    pub(super) bytes_max: u64,
}

/// Adds up what lies below `root`, links not followed; the most it may have is what its file
/// system has left beside it.
pub(super) fn measure(root: &Path) -> io::Result<Disk> {
    let mut bytes = 0_u64;
    let mut left = ENTRIES_MAX;
    let mut pending = vec![root.to_path_buf()];
    while let Some(folder) = pending.pop() {
        // A folder that goes away meanwhile takes nothing.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if left == 0 {
                break;
            }
            left -= 1;
            let Ok(facts) = entry.metadata() else {
                continue;
            };
            bytes = bytes.saturating_add(facts.blocks().saturating_mul(BLOCK_BYTES));
            if facts.is_dir() {
                pending.push(entry.path());
            }
        }
    }
    let files = nix::sys::statvfs::statvfs(root)?;
    let free = files
        .blocks_available()
        .saturating_mul(files.fragment_size());
    Ok(Disk {
        bytes,
        bytes_max: bytes.saturating_add(free),
    })
}
