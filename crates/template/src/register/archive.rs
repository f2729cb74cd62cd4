//! What is taken as a tar: the same bytes for the same files, whenever and by whomever it is made.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write};

use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

use crate::register::context::{Entry, EntryKind, Taken};
use crate::register::hex::hex;

/// Whether the tar is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
}

/// A tar in a temporary file without a name.
#[derive(Debug)]
pub(crate) struct Archive {
    /// At its start.
    pub(crate) file: File,
    pub(crate) bytes: u64,
    /// The SHA-256 of its bytes.
    pub(crate) sha256: String,
}

/// Writes the tar.
///
/// # Errors
/// What cannot be read, or has another length than when it was looked at.
pub(crate) fn archive(taken: &Taken, packing: Packing) -> io::Result<Archive> {
    let mut file = tempfile::tempfile()?;
    match packing {
        Packing::Plain => write(taken, &file)?.flush()?,
        Packing::Gzip => {
            let packed = GzBuilder::new()
                .mtime(0)
                .write(&file, Compression::default());
            write(taken, packed)?.finish()?.flush()?;
        }
    }
    file.rewind()?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
    file.rewind()?;
    Ok(Archive {
        file,
        bytes,
        sha256: hex(&hash.finalize()),
    })
}

fn write<W: Write>(taken: &Taken, out: W) -> io::Result<W> {
    let mut tar = Builder::new(out);
    for entry in &taken.entries {
        let told =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", entry.path));
        add(&mut tar, taken, entry).map_err(told)?;
    }
    tar.into_inner()
}

fn add<W: Write>(tar: &mut Builder<W>, taken: &Taken, entry: &Entry) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_mode(entry.mode & 0o7777);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(0);
    match &entry.kind {
        EntryKind::File => {
            let file = File::open(taken.root.join(&entry.path))?;
            if file.metadata()?.len() != entry.size {
                return Err(io::Error::other("it has changed meanwhile"));
            }
            header.set_entry_type(EntryType::Regular);
            header.set_size(entry.size);
            tar.append_data(&mut header, &entry.path, Exact::new(file, entry.size))
        }
        EntryKind::Folder if entry.path == "." => Ok(()),
        EntryKind::Folder => {
            header.set_entry_type(EntryType::Directory);
            tar.append_data(&mut header, format!("{}/", entry.path), io::empty())
        }
        EntryKind::Link(target) => {
            header.set_entry_type(EntryType::Symlink);
            tar.append_link(&mut header, &entry.path, target)
        }
    }
}

/// A file of which exactly so many bytes are read: one that shrinks meanwhile would make a broken tar.
struct Exact {
    file: File,
    left: u64,
}

impl Exact {
    const fn new(file: File, left: u64) -> Self {
        Self { file, left }
    }
}

impl Read for Exact {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&self.file).take(self.left).read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::Error::other("it has changed meanwhile"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}
