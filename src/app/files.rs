//! Ledgers and profiles, read from files and from journals alike.

use std::fs;
use std::path::Path;

use crate::app::error::AppError;
use crate::compare::ledger::{Ledger, LedgerText, NotReproduced, read_ledger, read_not_reproduced};
use crate::compare::profile::{Profile, read_profile};
use crate::scenario::render;
use crate::transcript::event::StoredFile;

/// Reads a file as the journal keeps it.
pub(crate) fn read(path: &Path) -> Result<StoredFile, AppError> {
    let text = fs::read_to_string(path).map_err(|error| {
        AppError::usage(format!("`{}` cannot be read: {error}", path.display()))
    })?;
    Ok(StoredFile {
        file: path.display().to_string(),
        text,
        wide_only: false,
    })
}

/// The ledger of these files; every problem at once.
pub(crate) fn ledger(files: &[StoredFile]) -> Result<Ledger, AppError> {
    let mut ledger =
        read_ledger(&texts(files)).map_err(|problems| AppError::usage(render(&problems)))?;
    for file in files.iter().filter(|file| file.wide_only) {
        ledger.keep_wide_of(&file.file);
    }
    Ok(ledger)
}

/// What no run shows; every problem at once. Without a file nothing is known of it.
pub(crate) fn not_reproduced(file: Option<&StoredFile>) -> Result<Vec<NotReproduced>, AppError> {
    let Some(StoredFile { file, text, .. }) = file else {
        return Ok(Vec::new());
    };
    read_not_reproduced(&LedgerText { file, text })
        .map_err(|problems| AppError::usage(render(&problems)))
}

/// Whether a ledger has entries, other than the user's own, that are about every call: then it says
/// all of them. What cannot be read says nothing; its mistakes are told elsewhere.
pub(crate) fn speaks_of_every_call(file: &StoredFile) -> bool {
    let read = read_ledger(&texts(std::slice::from_ref(file)));
    read.is_ok_and(|ledger| {
        let mut entries = ledger.entries.iter().filter(|entry| !entry.is_own());
        entries.any(|entry| entry.shapes.iter().any(|shape| shape.place.is_wide()))
    })
}

/// The profile of this file; every problem at once.
pub(crate) fn profile(file: &StoredFile) -> Result<Profile, AppError> {
    read_profile(&file.file, &file.text).map_err(|problems| AppError::usage(render(&problems)))
}

/// Ledger files as the ledger's reader takes them.
pub(crate) fn texts(files: &[StoredFile]) -> Vec<LedgerText<'_>> {
    files
        .iter()
        .map(|file| LedgerText {
            file: &file.file,
            text: &file.text,
        })
        .collect()
}
