//! The exporting half of the file server: a folder's content as a tar stream, entry by entry.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{Whence, lseek};
use tar::{Builder, EntryType, Header};

use super::archive::{self, Archived, EXTENTS_MAX, RECORDS_BYTES_MAX, XATTR, XATTR_USER};
use super::frame::{self, Failure, FrameKind, PAYLOAD_BYTES_MAX};

/// Files with several names that are told apart; one more is exported as a copy.
const LINKED_MAX: usize = 1 << 16;

/// Sends the archive in data frames.
pub(super) fn run(archived: &Archived, out: &mut impl Write) -> Result<(), Failure> {
    let frames = BufWriter::with_capacity(PAYLOAD_BYTES_MAX, Frames { out });
    let mut exporter = Exporter {
        archived,
        builder: Builder::new(frames),
        linked: HashMap::new(),
    };
    exporter
        .walk()
        .and_then(|()| exporter.builder.into_inner())
        .and_then(|mut frames| frames.flush())
        .map_err(|error| Failure::of("export", &error))
}

struct Frames<'a, W: Write> {
    out: &'a mut W,
}

impl<W: Write> Write for Frames<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PAYLOAD_BYTES_MAX)];
        frame::send(self.out, FrameKind::Data, piece)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

struct Exporter<'a, W: Write> {
    archived: &'a Archived,
    builder: Builder<W>,
    /// The first name of each file that has several.
    linked: HashMap<u64, PathBuf>,
}

impl<W: Write> Exporter<'_, W> {
    /// Every folder before its content, and nothing else between the two: the import counts on it.
    fn walk(&mut self) -> io::Result<()> {
        let device = fs::symlink_metadata(&self.archived.root)?.dev();
        let mut pending = Vec::new();
        self.push_entries(Path::new(""), &mut pending)?;
        while let Some(relative) = pending.pop() {
            let facts = match fs::symlink_metadata(self.archived.at(&relative)) {
                Ok(facts) => facts,
                // It was removed since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            // Another device is a mount: the host's, or the kernel's.
            if self.archived.leaves(&relative) || facts.dev() != device {
                continue;
            }
            if facts.is_dir() {
                self.entry(&relative, &facts, EntryType::Directory, None)?;
                self.push_entries(&relative, &mut pending)?;
            } else if facts.is_symlink() {
                let target = fs::read_link(self.archived.at(&relative))?;
                self.entry(&relative, &facts, EntryType::Symlink, Some(&target))?;
            } else if facts.is_file() {
                self.file(&relative)?;
            }
        }
        Ok(())
    }

    /// In an order that does not depend on the file system.
    fn push_entries(&self, relative: &Path, pending: &mut Vec<PathBuf>) -> io::Result<()> {
        let first = pending.len();
        let entries = match fs::read_dir(self.archived.at(relative)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        for entry in entries {
            pending.push(relative.join(entry?.file_name()));
        }
        pending[first..].sort_unstable_by(|a, b| b.cmp(a));
        Ok(())
    }

    fn file(&mut self, relative: &Path) -> io::Result<()> {
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(self.archived.at(relative));
        let file = match opened {
            // It was removed or replaced by a link since it was listed.
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ELOOP)) => {
                return Ok(());
            }
            other => other?,
        };
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Ok(());
        }
        if facts.nlink() > 1 {
            if let Some(first) = self.linked.get(&facts.ino()).cloned() {
                return self.entry(relative, &facts, EntryType::Link, Some(&first));
            }
            if self.linked.len() < LINKED_MAX {
                self.linked.insert(facts.ino(), relative.to_path_buf());
            }
        }
        let mut content = Content::new(file, facts.len())?;
        let mut records = self.records(relative, &facts, None)?;
        if let Some(extents) = content.extents() {
            records.push((archive::EXTENTS.to_owned(), extents.into_bytes()));
            let size = facts.len().to_string();
            records.push((archive::SIZE.to_owned(), size.into_bytes()));
        }
        self.append_records(&records)?;
        let mut header = self.header(relative, &facts, EntryType::Regular);
        header.set_size(content.length());
        header.set_cksum();
        self.builder.append(&header, &mut content)
    }

    /// An entry without content.
    fn entry(
        &mut self,
        relative: &Path,
        facts: &Metadata,
        kind: EntryType,
        target: Option<&Path>,
    ) -> io::Result<()> {
        let records = self.records(relative, facts, target)?;
        self.append_records(&records)?;
        let mut header = self.header(relative, facts, kind);
        if let Some(target) = target {
            copy_start(&mut header.as_old_mut().linkname, target.as_os_str());
        }
        header.set_size(0);
        header.set_cksum();
        self.builder.append(&header, io::empty())
    }

    fn header(&self, relative: &Path, facts: &Metadata, kind: EntryType) -> Header {
        let mut header = Header::new_gnu();
        // Too long a name is cut here and whole in the records.
        copy_start(&mut header.as_old_mut().name, relative.as_os_str());
        header.set_entry_type(kind);
        header.set_mode(facts.mode() & 0o7777);
        let owner = self.archived.owner;
        header.set_uid(owner.unwrap_or(facts.uid()).into());
        header.set_gid(owner.unwrap_or(facts.gid()).into());
        header.set_mtime(u64::try_from(facts.mtime()).unwrap_or(0));
        header
    }

    fn records(
        &self,
        relative: &Path,
        facts: &Metadata,
        target: Option<&Path>,
    ) -> io::Result<Vec<(String, Vec<u8>)>> {
        let mtime = format!("{}.{:09}", facts.mtime(), facts.mtime_nsec());
        let mut records = vec![
            ("path".to_owned(), relative.as_os_str().as_bytes().to_vec()),
            ("mtime".to_owned(), mtime.into_bytes()),
        ];
        if let Some(target) = target {
            records.push((
                "linkpath".to_owned(),
                target.as_os_str().as_bytes().to_vec(),
            ));
        }
        if !facts.is_symlink() {
            attributes(&self.archived.at(relative), &mut records)?;
        }
        Ok(records)
    }

    fn append_records(&mut self, records: &[(String, Vec<u8>)]) -> io::Result<()> {
        let bytes: usize = records.iter().map(|(k, v)| k.len() + v.len() + 24).sum();
        if u64::try_from(bytes).map_or(true, |bytes| bytes > RECORDS_BYTES_MAX) {
            return Err(io::Error::from_raw_os_error(libc::E2BIG));
        }
        let records = records.iter().map(|(k, v)| (k.as_str(), v.as_slice()));
        self.builder.append_pax_extensions(records)
    }
}

/// The extended attributes that belong to the user.
fn attributes(path: &Path, records: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let unsupported = |error: &io::Error| {
        matches!(
            error.raw_os_error(),
            Some(libc::EOPNOTSUPP | libc::ENOSYS | libc::ENOENT)
        )
    };
    let names = match xattr::list(path) {
        Err(error) if unsupported(&error) => return Ok(()),
        other => other?,
    };
    for name in names {
        let Some(text) = name.to_str().filter(|name| name.starts_with(XATTR_USER)) else {
            continue;
        };
        if let Some(value) = xattr::get(path, text)? {
            records.push((format!("{XATTR}{text}"), value));
        }
    }
    Ok(())
}

fn copy_start(field: &mut [u8], text: &OsStr) {
    for (to, from) in field.iter_mut().zip(text.as_bytes()) {
        *to = *from;
    }
}

/// The pieces of a file that are not holes, one after the other. What the file loses meanwhile
/// is read as zeros, what it gains is not read.
struct Content {
    file: File,
    size: u64,
    /// Offset and length.
    pieces: Vec<(u64, u64)>,
    current: usize,
    /// Bytes of the current piece that were read.
    done: u64,
}

impl Content {
    fn new(file: File, size: u64) -> io::Result<Self> {
        let pieces = find_pieces(&file, size)?;
        Ok(Self {
            file,
            size,
            pieces,
            current: 0,
            done: 0,
        })
    }

    fn length(&self) -> u64 {
        self.pieces.iter().map(|(_, length)| length).sum()
    }

    /// Which pieces there are, unless it is the whole file.
    fn extents(&self) -> Option<String> {
        if self.length() == self.size {
            return None;
        }
        let pieces = self.pieces.iter();
        let texts: Vec<String> = pieces
            .map(|(at, length)| format!("{at}+{length}"))
            .collect();
        Some(texts.join(","))
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some((offset, length)) = self.pieces.get(self.current) {
            let left = length - self.done;
            if left == 0 {
                self.current += 1;
                self.done = 0;
                continue;
            }
            let room = usize::try_from(left)
                .unwrap_or(usize::MAX)
                .min(buffer.len());
            let mut count = self.file.read_at(&mut buffer[..room], offset + self.done)?;
            if count == 0 {
                buffer[..room].fill(0);
                count = room;
            }
            self.done += count as u64;
            return Ok(count);
        }
        Ok(0)
    }
}

fn find_pieces(file: &File, size: u64) -> io::Result<Vec<(u64, u64)>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < size {
        let start = match seek(file, at, Whence::SeekData) {
            Ok(start) => start.min(size),
            // Nothing but a hole is left.
            Err(Errno::ENXIO) => break,
            // This file system does not tell holes.
            Err(Errno::EINVAL) => at,
            Err(error) => return Err(error.into()),
        };
        if start >= size {
            break;
        }
        let end = match seek(file, start, Whence::SeekHole) {
            Ok(end) if pieces.len() + 1 < EXTENTS_MAX => end.clamp(start, size),
            _ => size,
        };
        if end == start {
            break;
        }
        pieces.push((start, end - start));
        at = end;
    }
    Ok(pieces)
}

fn seek(file: &File, at: u64, whence: Whence) -> Result<u64, Errno> {
    let at = i64::try_from(at).map_err(|_| Errno::EOVERFLOW)?;
    let found = lseek(file, at, whence)?;
    u64::try_from(found).map_err(|_| Errno::EOVERFLOW)
}
