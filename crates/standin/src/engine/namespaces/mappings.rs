//! What the mappings of a process hold, by `/proc/<pid>/smaps`.

use std::collections::BTreeSet;
use std::io::{BufRead, Read as _};

/// Bytes of the longest line: a path of 4 KiB, each byte escaped, and the numbers before it.
const LINE_BYTES_MAX: u64 = 32 * 1024;

/// What a process holds through its mappings.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mapped {
    /// Its part of memory that is no file's, and of memory files that nobody has open.
    pub(super) own_bytes: u64,
    /// System V segments, which count by themselves.
    pub(super) segments: BTreeSet<i32>,
}

/// How a mapping counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// The process's part of all of it.
    Whole,
    /// Pages of its own that it made by writing over those of a file.
    Written,
}

/// Reads the text. `device` is where memory files are, `is_open` tells those that count by
/// themselves. A text that breaks off says what it said until then. Mappings are taken from those
/// that are `left` to be read; `None` when there are more.
pub(super) fn read(
    mut smaps: impl BufRead,
    device: Option<u64>,
    is_open: impl Fn(u64) -> bool,
    left: &mut usize,
) -> Option<Mapped> {
    let mut mapped = Mapped::default();
    let mut counted = Counted::Whole;
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut one = (&mut smaps).take(LINE_BYTES_MAX);
        match one.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return Some(mapped),
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let mut words = text.split_whitespace();
        let Some(first) = words.next() else { continue };
        let kibibytes = || words.clone().next()?.parse::<u64>().ok();
        match (first, counted) {
            ("Pss:", Counted::Whole) | ("Anonymous:", Counted::Written) => {
                mapped.own_bytes += kibibytes().unwrap_or(0) * 1024;
            }
            _ if first.ends_with(':') => {}
            _ => {
                *left = left.checked_sub(1)?;
                counted = of_header(words, device, &is_open, &mut mapped.segments);
            }
        }
    }
}

/// Reads the rest of a header: rights, offset, device, inode, name.
fn of_header<'a>(
    words: impl Iterator<Item = &'a str>,
    device: Option<u64>,
    is_open: &impl Fn(u64) -> bool,
    segments: &mut BTreeSet<i32>,
) -> Counted {
    let mut words = words.skip(2);
    let (on, inode) = (words.next(), words.next());
    let inode: u64 = inode.and_then(|word| word.parse().ok()).unwrap_or(0);
    let is_memory = device.is_some() && on.and_then(number) == device;
    if !is_memory {
        return if inode == 0 {
            Counted::Whole
        } else {
            Counted::Written
        };
    }
    if words.next().is_some_and(|name| name.starts_with("/SYSV")) {
        // Its inode is its number.
        segments.extend(i32::try_from(inode));
        return Counted::Written;
    }
    if is_open(inode) {
        Counted::Written
    } else {
        Counted::Whole
    }
}

/// A device as `00:1f`.
fn number(word: &str) -> Option<u64> {
    let (major, minor) = word.split_once(':')?;
    let hexadecimal = |word| u32::from_str_radix(word, 16).ok();
    Some(nix::sys::stat::makedev(
        hexadecimal(major)?.into(),
        hexadecimal(minor)?.into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
5555-5556 r-xp 00000000 08:01 77 /usr/bin/a: b
Rss: 400 kB
Pss: 200 kB
Anonymous: 8 kB
VmFlags: rd ex
7000-7001 rw-p 00000000 00:00 0 [heap]
Pss: 100 kB
Anonymous: 100 kB
7001-7002 rw-s 00000000 00:01 1025 /dev/zero (deleted)
Pss: 50 kB
Anonymous: 0 kB
7003-7004 rw-s 00000000 00:01 1026 /memfd:open (deleted)
Pss: 30 kB
Anonymous: 0 kB
7005-7006 rw-p 00000000 00:01 1026 /memfd:open (deleted)
Pss: 30 kB
Anonymous: 20 kB
7007-7008 rw-s 00000000 00:01 3 /SYSV00000000 (deleted)
Pss: 10 kB
Anonymous: 0 kB
";

    #[test]
    fn each_kind_of_mapping_counts_its_own_way() {
        let open = |inode| inode == 1026;
        let device = Some(nix::sys::stat::makedev(0, 1));
        let mut left = 6;
        let mut found = |text: &str| read(text.as_bytes(), device, open, &mut left);
        let all = found(TEXT).unwrap();
        assert_eq!(all.own_bytes, (8 + 100 + 50 + 20) * 1024);
        assert_eq!(all.segments, BTreeSet::from([3]));
        assert_eq!(found(""), Some(Mapped::default()));
        assert_eq!(found(TEXT), None, "six were left, and are read");
    }
}
