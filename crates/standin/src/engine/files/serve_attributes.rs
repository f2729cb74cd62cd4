//! The half of the file server for extended attributes and facts about file systems.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::sys::statfs::statfs;
use serde::{Deserialize, Serialize};

use super::frame::{Failure, item};
use crate::engine::FileSystem;

/// Bytes of one value; a longer one is left out, so that every answer fits a frame.
const VALUE_BYTES_MAX: usize = 4096;

/// One attribute on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AttributeItem {
    /// Whose it is: the entry's name, empty for the path itself.
    pub(super) entry: String,
    pub(super) name: String,
    pub(super) value: Vec<u8>,
}

/// [`FileSystem`] on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FileSystemItem {
    kind: i64,
    bytes_max: u64,
    bytes_free: u64,
}

impl From<FileSystemItem> for FileSystem {
    fn from(item: FileSystemItem) -> Self {
        Self {
            kind: item.kind,
            bytes_max: item.bytes_max,
            bytes_free: item.bytes_free,
        }
    }
}

/// Sends the attributes of a path, or of each entry of a directory; links are followed.
pub(super) fn list(
    path: &str,
    prefix: &str,
    of_entries: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    if !of_entries {
        return send(Path::new(path), "", prefix, out).map_err(|e| Failure::of("listxattr", &e));
    }
    for entry in fs::read_dir(path).map_err(|e| Failure::of("readdir", &e))? {
        let entry = entry.map_err(|e| Failure::of("readdir", &e))?;
        // It may be a dangling link, or be removed by now: then there is nothing to say of it.
        if entry.path().exists() {
            let name = entry.file_name().to_string_lossy().into_owned();
            // One entry that cannot be asked does not hide those of its neighbours.
            drop(send(&entry.path(), &name, prefix, out));
        }
    }
    Ok(())
}

fn send(path: &Path, entry: &str, prefix: &str, out: &mut impl Write) -> io::Result<()> {
    for name in names(path, prefix)? {
        // Nobody keeps a name from being removed between the two calls.
        let Some(value) = xattr::get_deref(path, OsStr::from_bytes(name.as_bytes()))? else {
            continue;
        };
        if value.len() <= VALUE_BYTES_MAX {
            let attribute = AttributeItem {
                entry: entry.to_owned(),
                name,
                value,
            };
            item(out, &attribute).map_err(|failure| io::Error::from_raw_os_error(failure.errno))?;
        }
    }
    Ok(())
}

/// The names that begin with the prefix; those that are not UTF-8 are left out.
fn names(path: &Path, prefix: &str) -> io::Result<Vec<String>> {
    let names = xattr::list_deref(path)?;
    let names = names.filter_map(|name| name.into_string().ok());
    Ok(names.filter(|name| name.starts_with(prefix)).collect())
}

/// Makes the attributes that begin with the prefix exactly these.
pub(super) fn replace(
    path: &str,
    prefix: &str,
    attributes: &[(String, Vec<u8>)],
) -> Result<(), Failure> {
    let path = Path::new(path);
    for name in names(path, prefix).map_err(|e| Failure::of("listxattr", &e))? {
        if !attributes.iter().any(|(kept, _)| *kept == name) {
            xattr::remove_deref(path, &name).map_err(|e| Failure::of("removexattr", &e))?;
        }
    }
    for (name, value) in attributes {
        xattr::set_deref(path, name, value).map_err(|e| Failure::of("setxattr", &e))?;
    }
    Ok(())
}

/// What file system a path is on.
pub(super) fn file_system(path: &str) -> Result<FileSystemItem, Failure> {
    let facts = statfs(Path::new(path)).map_err(|e| Failure::of("statfs", &io::Error::from(e)))?;
    let block = u64::try_from(facts.block_size()).unwrap_or(0);
    Ok(FileSystemItem {
        kind: facts.filesystem_type().0,
        bytes_max: facts.blocks().saturating_mul(block),
        bytes_free: facts.blocks_free().saturating_mul(block),
    })
}
