//! What is known of quirks beside the scenarios: the ledger's files, and the file of what no run shows.

use std::path::{Path, PathBuf};

use crate::app::error::AppError;
use crate::app::files;
use crate::app::shipped;
use crate::compare::ledger::{Ledger, NotReproduced};
use crate::transcript::event::StoredFile;

/// The ledger's name in the folder, and the user's beside it.
const LEDGER: &str = "quirks.yaml";
const USER_LEDGER: &str = "cutover-quirks.yaml";

/// The name in the folder of what no run shows.
const NOT_REPRODUCED: &str = "not-reproduced.yaml";

/// The ledger of the folder, else the shipped one, then the user's entries. In a folder of one's
/// own, without a ledger or with one that says nothing of every call (as those did that `init` wrote
/// before there was such a thing), the shipped one says what holds for every call; what it says of
/// the shipped scenarios says nothing of scenarios that happen to have their names.
pub(super) fn ledger_files(
    folder: &Path,
    wide_only: bool,
    extra: Option<&Path>,
) -> Result<Vec<StoredFile>, AppError> {
    let mut found = Vec::new();
    let own = folder.join(LEDGER);
    let own = if own.is_file() {
        Some(files::read(&own)?)
    } else {
        None
    };
    if !own.as_ref().is_some_and(files::speaks_of_every_call)
        && let Some(mut shipped) = shipped::own_file(LEDGER)
    {
        shipped.wide_only = wide_only || own.is_some();
        found.push(shipped);
    }
    found.extend(own);
    let users: [PathBuf; 2] = [folder.join(USER_LEDGER), PathBuf::from(USER_LEDGER)];
    for user in users.iter().filter(|path| path.is_file()) {
        found.push(files::read(user)?);
    }
    if let Some(extra) = extra {
        found.push(files::read(extra)?);
    }
    Ok(found)
}

/// What no run shows, by the folder; the shipped file where there is no folder, or where everything
/// that is known is looked up. It is about the shipped scenarios, so that a folder without one has none.
pub(super) fn not_reproduced_file(
    folder: &Path,
    whole: bool,
) -> Result<Option<StoredFile>, AppError> {
    let own = folder.join(NOT_REPRODUCED);
    if own.is_file() {
        return files::read(&own).map(Some);
    }
    let is_asked = whole || !folder.is_dir();
    Ok(is_asked
        .then(|| shipped::own_file(NOT_REPRODUCED))
        .flatten())
}

/// Both; the mistakes of both are told.
pub(super) fn read(
    ledger_files: &[StoredFile],
    not_reproduced: Option<&StoredFile>,
) -> Result<(Ledger, Vec<NotReproduced>), AppError> {
    match (
        files::ledger(ledger_files),
        files::not_reproduced(not_reproduced),
    ) {
        (Ok(ledger), Ok(not_reproduced)) => Ok((ledger, not_reproduced)),
        (Err(error), Err(other)) => Err(AppError::usage(format!("{error}\n{other}"))),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

/// The text of a file that may not be there.
pub(super) fn text(file: Option<&StoredFile>) -> &str {
    file.map_or("", |file| &file.text)
}
