//! The name of what one `COPY` takes: the SHA-256 of E2B's own SDK over its files (contract 7.2).

use std::fs::File;
use std::io::{self, Read as _};

use sha2::{Digest as _, Sha256};

use crate::register::context::{EntryKind, Taken};
use crate::register::hex::hex;

/// The hash of a `COPY` of what is taken to a destination.
///
/// # Errors
/// What cannot be read.
pub(crate) fn hash(taken: &Taken, source: &str, destination: &str) -> io::Result<String> {
    let mut hash = Sha256::new();
    hash.update(format!("COPY {source} {destination}"));
    for entry in &taken.entries {
        hash.update(&entry.path);
        hash.update(entry.mode.to_string());
        if entry.kind != EntryKind::Folder {
            hash.update(entry.size.to_string());
        }
        match &entry.kind {
            EntryKind::Folder => {}
            EntryKind::Link(target) => hash.update(target),
            EntryKind::File => contents(taken, &entry.path, &mut hash)?,
        }
    }
    Ok(hex(&hash.finalize()))
}

fn contents(taken: &Taken, path: &str, hash: &mut Sha256) -> io::Result<()> {
    let told = |error: io::Error| io::Error::new(error.kind(), format!("{path}: {error}"));
    let mut file = File::open(taken.root.join(path)).map_err(told)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer).map_err(told)?;
        if read == 0 {
            return Ok(());
        }
        hash.update(&buffer[..read]);
    }
}
