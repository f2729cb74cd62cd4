//! Files that are there whole or not at all, and never in the place of another.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Whether a new file can be made in a folder.
///
/// # Errors
/// Why not.
pub(crate) fn can_write(folder: &Path) -> io::Result<()> {
    tempfile::tempfile_in(folder).map(drop)
}

/// The folder of a path.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes a text to the first of these paths that can be had, and gives it.
///
/// # Errors
/// Why the first one could not be written, when none could.
pub(crate) fn keep(text: &str, places: &[PathBuf]) -> io::Result<PathBuf> {
    let mut first = None;
    for place in places {
        match write(text, place) {
            Ok(()) => return Ok(place.clone()),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| io::Error::other("no place was given")))
}

fn write(text: &str, place: &Path) -> io::Result<()> {
    // As a file that is made in the ordinary way: the user's mask decides.
    let mut file = tempfile::Builder::new()
        .prefix(".cutover-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder_of(place))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(place).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn no_file_is_replaced_and_none_is_half_written() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (dir.path().join("a"), dir.path().join("b"));
        let places = [first.clone(), second.clone()];
        assert_eq!(keep("one", &places).unwrap(), first);
        assert_eq!(keep("two", &places).unwrap(), second);
        keep("three", &places).unwrap_err();
        assert_eq!(fs::read_to_string(first).unwrap(), "one");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
        keep("x", &[dir.path().join("no/such")]).unwrap_err();
        assert!(can_write(dir.path()).is_ok() && can_write(Path::new("/proc")).is_err());
    }
}
