//! Puts single things below a folder, each step of a path from an open folder and none through a
//! link, so that an archive reaches nothing outside, whatever it says.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat};
use nix::sys::stat::{Mode, UtimensatFlags, fchmod, futimens, mkdirat, utimensat};
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, fchownat, linkat, symlinkat, unlinkat};
use tar::Header;
use xattr::FileExt as _;

use super::archive::{self, Archived, EXTENTS_MAX, XATTR, XATTR_USER, malformed};
use super::frame::PAYLOAD_BYTES_MAX;

/// What an archive says of one thing.
#[derive(Debug)]
pub(super) struct Attributes {
    path: PathBuf,
    target: OsString,
    mode: Mode,
    uid: u32,
    gid: u32,
    mtime: TimeSpec,
    xattrs: Vec<(OsString, Vec<u8>)>,
    /// Pieces of a sparse file and its size.
    extents: Option<Vec<(u64, u64)>>,
    size: u64,
}

impl Attributes {
    /// From a header and the PAX records before it.
    pub(super) fn new(header: &Header, records: &[u8]) -> io::Result<Self> {
        let number = |n: io::Result<u64>| u32::try_from(n?).map_err(|_| malformed());
        let seconds = i64::try_from(header.mtime()?).map_err(|_| malformed())?;
        let mut found = Self {
            path: PathBuf::from(OsStr::from_bytes(&header.path_bytes())),
            target: header
                .link_name_bytes()
                .map(|bytes| OsString::from_vec(bytes.into_owned()))
                .unwrap_or_default(),
            mode: Mode::from_bits_truncate(header.mode()? & 0o7777),
            uid: number(header.uid())?,
            gid: number(header.gid())?,
            mtime: TimeSpec::new(seconds, 0),
            xattrs: Vec::new(),
            extents: None,
            size: header.size()?,
        };
        let mut size = None;
        for (key, value) in archive::records(records)? {
            let key = std::str::from_utf8(key).map_err(|_| malformed())?;
            match key {
                "path" => found.path = PathBuf::from(OsStr::from_bytes(value)),
                "linkpath" => found.target = OsString::from_vec(value.to_vec()),
                "mtime" => found.mtime = parse_time(text(value)?).ok_or_else(malformed)?,
                archive::EXTENTS => found.extents = Some(parse_extents(text(value)?)?),
                archive::SIZE => size = Some(text(value)?.parse().map_err(|_| malformed())?),
                _ => {
                    let name = key.strip_prefix(XATTR);
                    if let Some(name) = name.filter(|name| name.starts_with(XATTR_USER)) {
                        found.xattrs.push((name.into(), value.to_vec()));
                    }
                }
            }
        }
        match (&found.extents, size) {
            (None, None) => {}
            (Some(extents), Some(size)) if fit(extents, found.size, size) => found.size = size,
            _ => return Err(malformed()),
        }
        Ok(found)
    }
}

/// Whether the pieces are what the archive holds of the file, and lie inside it.
fn fit(extents: &[(u64, u64)], held: u64, size: u64) -> bool {
    let mut sum = Some(0_u64);
    let mut inside = true;
    for (at, length) in extents {
        sum = sum.and_then(|sum| sum.checked_add(*length));
        inside &= at.checked_add(*length).is_some_and(|end| end <= size);
    }
    inside && sum == Some(held)
}

fn text(value: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(value).map_err(|_| malformed())
}

fn parse_time(text: &str) -> Option<TimeSpec> {
    let (seconds, rest) = text.split_once('.').unwrap_or((text, ""));
    if !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: String = rest.chars().chain("000000000".chars()).take(9).collect();
    Some(TimeSpec::new(seconds.parse().ok()?, digits.parse().ok()?))
}

fn parse_extents(text: &str) -> io::Result<Vec<(u64, u64)>> {
    let pieces: Option<Vec<(u64, u64)>> = text
        .split(',')
        .filter(|piece| !piece.is_empty())
        .take(EXTENTS_MAX + 1)
        .map(|piece| {
            let (at, length) = piece.split_once('+')?;
            let (at, length): (u64, u64) = (at.parse().ok()?, length.parse().ok()?);
            at.checked_add(length).map(|_| (at, length))
        })
        .collect();
    pieces
        .filter(|pieces| pieces.len() <= EXTENTS_MAX)
        .ok_or_else(malformed)
}

/// Where things are put.
#[derive(Debug)]
pub(super) struct Placer<'a> {
    archived: &'a Archived,
    root: OwnedFd,
    /// The folders around the last entry, which get their mode and time when they are left.
    open: Vec<Attributes>,
}

impl<'a> Placer<'a> {
    pub(super) fn new(archived: &'a Archived) -> io::Result<Self> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_PATH | OFlag::O_CLOEXEC;
        Ok(Self {
            archived,
            root: open(archived.root.as_str(), flags, Mode::empty())?,
            open: Vec::new(),
        })
    }

    pub(super) fn directory(&mut self, wanted: &Attributes) -> io::Result<()> {
        let (parent, name) = self.enter(&wanted.path)?;
        match mkdirat(&parent, name.as_os_str(), Mode::S_IRWXU) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let folder = File::from(open_folder(&parent, &name)?);
        set_xattrs(&folder, wanted)?;
        self.own(&folder, wanted)?;
        self.open.push(Attributes {
            path: wanted.path.clone(),
            target: OsString::new(),
            xattrs: Vec::new(),
            extents: None,
            ..*wanted
        });
        Ok(())
    }

    pub(super) fn file(&mut self, wanted: &Attributes, content: &mut impl Read) -> io::Result<()> {
        let (parent, name) = self.enter(&wanted.path)?;
        make_room(&parent, &name)?;
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        let file = File::from(openat(&parent, name.as_os_str(), flags, mode)?);
        let whole = [(0, wanted.size)];
        fill(&file, wanted.extents.as_deref().unwrap_or(&whole), content)?;
        file.set_len(wanted.size)?;
        set_xattrs(&file, wanted)?;
        self.own(&file, wanted)?;
        finish(&file, wanted)
    }

    pub(super) fn symlink(&mut self, wanted: &Attributes) -> io::Result<()> {
        let (parent, name) = self.enter(&wanted.path)?;
        make_room(&parent, &name)?;
        symlinkat(wanted.target.as_os_str(), &parent, name.as_os_str())?;
        if self.archived.owner.is_none() {
            let (uid, gid) = (Uid::from_raw(wanted.uid), Gid::from_raw(wanted.gid));
            let flags = AtFlags::AT_SYMLINK_NOFOLLOW;
            kept(fchownat(
                &parent,
                name.as_os_str(),
                Some(uid),
                Some(gid),
                flags,
            ))?;
        }
        let flags = UtimensatFlags::NoFollowSymlink;
        let times = (&TimeSpec::UTIME_OMIT, &wanted.mtime);
        utimensat(&parent, name.as_os_str(), times.0, times.1, flags)?;
        Ok(())
    }

    pub(super) fn hard_link(&mut self, wanted: &Attributes) -> io::Result<()> {
        let (from, from_name) = self.reach(Path::new(&wanted.target))?;
        let (parent, name) = self.enter(&wanted.path)?;
        make_room(&parent, &name)?;
        // Without the flag to follow: a link to a link is that link.
        let flags = AtFlags::empty();
        linkat(
            &from,
            from_name.as_os_str(),
            &parent,
            name.as_os_str(),
            flags,
        )?;
        Ok(())
    }

    /// Leaves the last folders.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.leave_all_but(Path::new(""))
    }

    /// Comes to a new entry: the folders it is not in are complete.
    fn enter(&mut self, path: &Path) -> io::Result<(OwnedFd, OsString)> {
        self.leave_all_but(path)?;
        self.reach(path)
    }

    fn leave_all_but(&mut self, path: &Path) -> io::Result<()> {
        while let Some(folder) = self
            .open
            .pop_if(|folder| !path.starts_with(&folder.path) || path == folder.path)
        {
            let (parent, name) = self.reach(&folder.path)?;
            finish(&File::from(open_folder(&parent, &name)?), &folder)?;
        }
        Ok(())
    }

    /// The open folder of a path's last part, and that part.
    fn reach(&self, path: &Path) -> io::Result<(OwnedFd, OsString)> {
        let refused = || io::Error::from_raw_os_error(libc::EINVAL);
        if self.archived.leaves(path) {
            return Err(refused());
        }
        let mut names = Vec::new();
        for part in path.components() {
            match part {
                Component::Normal(name) => names.push(name),
                Component::CurDir => {}
                _ => return Err(refused()),
            }
        }
        let last = names.pop().ok_or_else(refused)?.to_owned();
        let mut folder = self.root.as_fd().try_clone_to_owned()?;
        for name in names {
            let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            folder = openat(&folder, name, flags, Mode::empty())?;
        }
        Ok((folder, last))
    }

    fn own(&self, file: &File, wanted: &Attributes) -> io::Result<()> {
        if self.archived.owner.is_some() {
            return Ok(());
        }
        let (uid, gid) = (Uid::from_raw(wanted.uid), Gid::from_raw(wanted.gid));
        kept(fchown(file, Some(uid), Some(gid)))
    }
}

fn open_folder(parent: &OwnedFd, name: &OsStr) -> nix::Result<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}

/// Takes away what stands at a name. A folder there is an error.
fn make_room(parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    match unlinkat(parent, name, UnlinkatFlags::NoRemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// An owner that does not exist here, or may not be given away: the one that we have is kept.
fn kept(result: nix::Result<()>) -> io::Result<()> {
    match result {
        Err(Errno::EINVAL | Errno::EPERM) | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn fill(file: &File, pieces: &[(u64, u64)], content: &mut impl Read) -> io::Result<()> {
    let mut buffer = vec![0; PAYLOAD_BYTES_MAX];
    for (at, length) in pieces {
        let mut piece = content.by_ref().take(*length);
        let mut at = *at;
        loop {
            let count = piece.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            file.write_all_at(&buffer[..count], at)?;
            at += count as u64;
        }
    }
    Ok(())
}

fn set_xattrs(file: &File, wanted: &Attributes) -> io::Result<()> {
    for (name, value) in &wanted.xattrs {
        match file.set_xattr(name, value) {
            // A file system without them cannot keep them.
            Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => {}
            other => other?,
        }
    }
    Ok(())
}

/// The mode after the owner, whose change takes set-id bits away, and the time last.
fn finish(file: &File, wanted: &Attributes) -> io::Result<()> {
    fchmod(file, wanted.mode)?;
    futimens(file, &TimeSpec::UTIME_OMIT, &wanted.mtime)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_extents_are_read_or_refused() {
        for (text, seconds, nanos) in [
            ("12.000000034", 12, 34),
            ("-7.5", -7, 500_000_000),
            ("9", 9, 0),
        ] {
            let time = parse_time(text).unwrap();
            assert_eq!((time.tv_sec(), time.tv_nsec()), (seconds, nanos), "{text}");
        }
        for text in ["", "x", "1.-5", "1.2.3"] {
            assert!(parse_time(text).is_none(), "{text}");
        }
        assert_eq!(parse_extents("0+5,10+1").unwrap(), [(0, 5), (10, 1)]);
        assert!(parse_extents("").unwrap().is_empty());
        for (extents, held, size, fits) in [
            (&[(0, 5), (10, 1)][..], 6, 11, true),
            (&[(0, 5), (10, 1)], 6, 10, false),
            (&[(0, 5)], 6, 11, false),
            (&[(1, u64::MAX)], u64::MAX, u64::MAX, false),
            (&[], 0, 1 << 40, true),
        ] {
            assert_eq!(fit(extents, held, size), fits, "{extents:?}");
        }
        for text in ["1", "a+b", "18446744073709551615+1"] {
            assert!(parse_extents(text).is_err(), "{text}");
        }
        assert!(parse_extents(&"0+1,".repeat(EXTENTS_MAX + 1)).is_err());
    }
}
