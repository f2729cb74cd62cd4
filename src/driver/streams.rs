//! Standard output and standard error put together as a caller would be handed them.

use std::io;

use cutover_base::blob::{Blob, BlobStore};

/// Bytes copied at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Stdout, then stderr, as one blob. When one is empty nothing is copied.
pub(crate) fn joined(store: &BlobStore, stdout: &Blob, stderr: &Blob) -> io::Result<Blob> {
    if stderr.len == 0 {
        return Ok(stdout.clone());
    }
    if stdout.len == 0 {
        return Ok(stderr.clone());
    }
    let mut writer = store.writer();
    let mut piece = vec![0; PIECE_BYTES];
    for blob in [stdout, stderr] {
        let mut reader = blob.open()?;
        loop {
            let read = reader.read(&mut piece)?;
            if read == 0 {
                break;
            }
            writer.push(&piece[..read])?;
        }
    }
    writer.finish()
}
