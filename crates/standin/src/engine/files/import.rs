//! The importing half of the file server: puts the entries of an archive below a folder, never
//! through a link, after clearing what was there.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use tar::{Archive, Entry, EntryType};

use super::archive::{self, Archived, RECORDS_BYTES_MAX};
use super::frame::{self, Failure, FrameKind};
use super::place::{Attributes, Placer};

/// Clears, then reads data frames until the last.
pub(super) fn run(archived: &Archived, input: &UnixStream) -> Result<(), Failure> {
    clear(archived).map_err(|error| Failure::of("clear", &error))?;
    let mut frames = Frames::new(input);
    import(archived, &mut frames)
        // An archive ends before its stream does; whoever still sends must not find a closed door.
        .and_then(|()| io::copy(&mut frames, &mut io::sink()))
        .map(drop)
        .map_err(|error| Failure::of("import", &error))
}

/// The payloads of data frames as one stream. A client that hangs up before the last frame is an
/// error: half an archive is none.
struct Frames<'a> {
    input: &'a UnixStream,
    payload: Vec<u8>,
    read: usize,
    done: bool,
}

impl<'a> Frames<'a> {
    const fn new(input: &'a UnixStream) -> Self {
        Self {
            input,
            payload: Vec::new(),
            read: 0,
            done: false,
        }
    }
}

impl Read for Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.payload.len() && !self.done {
            self.read = 0;
            match frame::receive(&mut self.input, &mut self.payload)? {
                Some(FrameKind::Data) => {}
                Some(FrameKind::Done) => {
                    self.payload.clear();
                    self.done = true;
                }
                _ => return Err(io::Error::from_raw_os_error(libc::EPIPE)),
            }
        }
        let left = &self.payload[self.read..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.read += count;
        Ok(count)
    }
}

/// Removes everything but what is left alone and what is mounted.
fn clear(archived: &Archived) -> io::Result<()> {
    let device = fs::symlink_metadata(&archived.root)?.dev();
    let mut pending = vec![Path::new("").to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(archived.at(&folder))? {
            let relative = folder.join(entry?.file_name());
            let full = archived.at(&relative);
            let facts = fs::symlink_metadata(&full)?;
            if archived.leaves(&relative) || facts.dev() != device {
                continue;
            }
            if !facts.is_dir() {
                fs::remove_file(&full)?;
            } else if archived.leaves_below(&relative) {
                pending.push(relative);
            } else {
                fs::remove_dir_all(&full)?;
            }
        }
    }
    Ok(())
}

fn import(archived: &Archived, input: impl Read) -> io::Result<()> {
    let mut placer = Placer::new(archived)?;
    let mut archive = Archive::new(input);
    let mut records = Vec::new();
    // Raw, because the crate would read records of any length into memory.
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        match kind {
            EntryType::XHeader => records = read_records(&mut entry)?,
            EntryType::Regular
            | EntryType::Continuous
            | EntryType::Directory
            | EntryType::Symlink
            | EntryType::Link => {
                let attributes = Attributes::new(entry.header(), &records)?;
                match kind {
                    EntryType::Directory => placer.directory(&attributes)?,
                    EntryType::Symlink => placer.symlink(&attributes)?,
                    EntryType::Link => placer.hard_link(&attributes)?,
                    _ => placer.file(&attributes, &mut entry)?,
                }
                records = Vec::new();
            }
            // Devices, pipes and what is none of ours.
            EntryType::Fifo | EntryType::Char | EntryType::Block => records = Vec::new(),
            _ => return Err(archive::malformed()),
        }
    }
    // What follows the last entry is read as well: who still writes it must not find the door shut.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    placer.finish()
}

fn read_records(entry: &mut Entry<'_, impl Read>) -> io::Result<Vec<u8>> {
    if entry.size() > RECORDS_BYTES_MAX {
        return Err(io::Error::from_raw_os_error(libc::E2BIG));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}
