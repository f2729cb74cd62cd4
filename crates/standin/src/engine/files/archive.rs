//! What an archive of a sandbox's files is: tar with PAX records, one way for both directions.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Bytes of one entry's PAX records: a path, a link target and its extended attributes.
pub(super) const RECORDS_BYTES_MAX: u64 = 4 << 20;

/// Pieces of a sparse file that are told apart; the last one reaches to the end of the file.
pub(super) const EXTENTS_MAX: usize = 4096;

/// Extended attributes are kept as GNU tar and bsdtar do.
pub(super) const XATTR: &str = "SCHILY.xattr.";

/// The namespace of attributes that belong to the user.
pub(super) const XATTR_USER: &str = "user.";

/// Our own records: which pieces of a sparse file follow, `offset+length` by commas, and how long
/// it is with its holes.
pub(super) const EXTENTS: &str = "CUTOVER.extents";
pub(super) const SIZE: &str = "CUTOVER.size";

/// Which files an archive holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Archived {
    /// The folder whose content it is.
    pub(crate) root: String,
    /// Paths below `root` that are neither exported nor cleared nor imported.
    pub(crate) leave: Vec<String>,
    /// The only owner that files have, where ids mean nothing.
    pub(crate) owner: Option<u32>,
}

impl Archived {
    /// Whether this is left alone, as it is or as part of something.
    pub(super) fn leaves(&self, relative: &Path) -> bool {
        self.leave.iter().any(|left| relative.starts_with(left))
    }

    /// Whether something below this folder is left alone.
    pub(super) fn leaves_below(&self, relative: &Path) -> bool {
        self.leave
            .iter()
            .any(|left| Path::new(left).starts_with(relative))
    }

    pub(super) fn at(&self, relative: &Path) -> PathBuf {
        Path::new(&self.root).join(relative)
    }
}

/// The records of a PAX header. By their lengths: a value may hold any byte.
pub(super) fn records(mut bytes: &[u8]) -> io::Result<Vec<(&[u8], &[u8])>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|byte| *byte == b' ');
        let record = space.and_then(|space| {
            let length = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
            let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
            let equals = record.iter().position(|byte| *byte == b'=')?;
            Some((length, &record[..equals], &record[equals + 1..]))
        });
        let Some((length, key, value)) = record else {
            return Err(malformed());
        };
        found.push((key, value));
        bytes = &bytes[length..];
    }
    Ok(found)
}

pub(super) fn malformed() -> io::Error {
    io::Error::from_raw_os_error(libc::EBADMSG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_hold_any_byte_and_lies_are_refused() {
        let two = records(b"10 a=\n=\n\xff\n5 b=\n").unwrap();
        assert_eq!(two, [(&b"a"[..], &b"\n=\n\xff"[..]), (&b"b"[..], &b""[..])]);
        for lie in [
            &b"99 a=b\n"[..],
            b"0 a=b\n",
            b"2 a=b\n",
            b"6 a=bX",
            b"-6 a=b\n",
            b"5 ab\n",
            b"6",
            b"18446744073709551615 a=b\n",
        ] {
            assert!(records(lie).is_err(), "{lie:?}");
        }
    }

    #[test]
    fn what_is_left_is_left_whole() {
        let archived = Archived {
            root: "/r".to_owned(),
            leave: vec!["usr".to_owned(), "etc/hosts".to_owned()],
            owner: None,
        };
        for (path, left, below) in [
            ("usr", true, true),
            ("usr/bin", true, false),
            ("usrx", false, false),
            ("etc", false, true),
            ("etc/hosts", true, true),
            ("etc/passwd", false, false),
        ] {
            assert_eq!(archived.leaves(Path::new(path)), left, "{path}");
            assert_eq!(archived.leaves_below(Path::new(path)), below, "{path}");
        }
    }
}
