//! A folder that is there whole or not at all.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::app::error::AppError;
use crate::capture::keep::folder_of;

/// Refuses a folder that holds something, before anything is read.
///
/// # Errors
/// When it is there and not empty.
pub(super) fn refuse_full(out: &Path) -> Result<(), AppError> {
    let is_empty = match fs::read_dir(out) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound && out.symlink_metadata().is_err(),
    };
    if is_empty {
        return Ok(());
    }
    let shown = out.display();
    Err(AppError::usage(format!(
        "`{shown}` is there already; name another folder with --out"
    )))
}

/// Writes files of these names and texts into a new folder.
///
/// # Errors
/// When the disk or the folder does not take them; then nothing is left.
pub(super) fn write(out: &Path, files: &[(String, String)]) -> Result<(), AppError> {
    let written = || -> io::Result<()> {
        let made = tempfile::Builder::new()
            .prefix(".cutover-")
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(folder_of(out))?;
        for (name, text) in files {
            fs::write(made.path().join(name), text)?;
        }
        // In the place of an empty folder, or of none.
        fs::rename(made.path(), out)?;
        let _moved = made.keep();
        Ok(())
    };
    written().map_err(|error| {
        AppError::failed(format!("`{}` cannot be written: {error}", out.display()))
    })
}
