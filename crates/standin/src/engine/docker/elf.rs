//! The loader that a program names for itself.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes of the longest path.
const PATH_BYTES_MAX: u64 = 4096;

/// Entries of a program header table that are looked at: linkers make a dozen.
const SEGMENTS_MAX: u64 = 256;

/// The type of the segment that names the loader.
const INTERP: u64 = 3;

/// Where a class of files has what is read here: offset and bytes.
struct Layout {
    table: (u64, usize),
    entry_bytes: (u64, usize),
    entries: (u64, usize),
    offset: (u64, usize),
    length: (u64, usize),
}

const ELF_32: Layout = Layout {
    table: (28, 4),
    entry_bytes: (42, 2),
    entries: (44, 2),
    offset: (4, 4),
    length: (16, 4),
};

const ELF_64: Layout = Layout {
    table: (32, 8),
    entry_bytes: (54, 2),
    entries: (56, 2),
    offset: (8, 8),
    length: (32, 8),
};

/// The path of the loader; none where the program needs none.
///
/// # Errors
/// `ENOEXEC` when it is no program of this machine.
pub(super) fn loader(program: &File) -> io::Result<Option<String>> {
    let mut head = [0; 6];
    program.read_exact_at(&mut head, 0)?;
    let layout = match head {
        [0x7f, b'E', b'L', b'F', 1, order] if is_ours(order) => ELF_32,
        [0x7f, b'E', b'L', b'F', 2, order] if is_ours(order) => ELF_64,
        _ => return Err(no_program()),
    };
    let table = number(program, 0, layout.table)?;
    let entry_bytes = number(program, 0, layout.entry_bytes)?;
    for at in 0..number(program, 0, layout.entries)?.min(SEGMENTS_MAX) {
        let entry = at
            .checked_mul(entry_bytes)
            .and_then(|at| at.checked_add(table));
        let entry = entry.ok_or_else(no_program)?;
        if number(program, entry, (0, 4))? == INTERP {
            let offset = number(program, entry, layout.offset)?;
            let length = number(program, entry, layout.length)?.min(PATH_BYTES_MAX);
            let mut path = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            program.read_exact_at(&mut path, offset)?;
            path.retain(|byte| *byte != 0);
            return String::from_utf8(path).map(Some).map_err(|_| no_program());
        }
    }
    Ok(None)
}

/// Whether this machine has this order of bytes.
const fn is_ours(order: u8) -> bool {
    order == if cfg!(target_endian = "little") { 1 } else { 2 }
}

fn number(program: &File, base: u64, (offset, bytes): (u64, usize)) -> io::Result<u64> {
    let at = base.checked_add(offset).ok_or_else(no_program)?;
    let mut number = [0; 8];
    if cfg!(target_endian = "little") {
        program.read_exact_at(&mut number[..bytes], at)?;
        Ok(u64::from_le_bytes(number))
    } else {
        program.read_exact_at(&mut number[8 - bytes..], at)?;
        Ok(u64::from_be_bytes(number))
    }
}

fn no_program() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOEXEC)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn a_program_of_this_machine_names_its_loader() {
        let program = File::open("/bin/sh").unwrap();
        let found = loader(&program).unwrap();
        assert!(found.is_none_or(|path| std::path::Path::new(&path).exists()));
    }

    #[test]
    fn other_bytes_are_no_program() {
        let mut hostile = vec![0xff; 400];
        hostile[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
        for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fELF\x02\x01", &hostile] {
            assert!(loader(&file(bytes)).is_err(), "{bytes:?}");
        }
    }
}
