//! The scenarios and the ledger that are in the binary.

use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::app::error::AppError;
use crate::transcript::event::StoredFile;

static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// What was written, and where.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) files: usize,
    pub(crate) dir: PathBuf,
}

/// The shipped scenarios as name and text.
pub(crate) fn scenarios() -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    let mut folders: Vec<&Dir<'_>> = SHIPPED.dirs().collect();
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            let path = file.path();
            let name = path.to_str().and_then(|path| path.strip_suffix(".yaml"));
            if let (Some(name), Some(text)) = (name, file.contents_utf8()) {
                found.push((name, text));
            }
        }
    }
    found.sort_unstable();
    found
}

/// A shipped file about the scenarios, such as the ledger, by its name.
pub(crate) fn own_file(name: &str) -> Option<StoredFile> {
    let text = SHIPPED.get_file(name)?.contents_utf8()?;
    Some(StoredFile {
        file: format!("(shipped) {name}"),
        text: text.to_owned(),
        wide_only: false,
    })
}

/// Writes everything into `scenarios/` below `dir`, and overwrites nothing.
///
/// # Errors
/// When the folder is there already, or cannot be written.
pub(crate) fn init(dir: &Path) -> Result<Written, AppError> {
    let dir = dir.join("scenarios");
    if dir.exists() {
        return Err(AppError::usage(format!(
            "`{}` is already there; nothing was written",
            dir.display()
        )));
    }
    let files = write_all(&dir).map_err(|error| {
        AppError::usage(format!("`{}` cannot be written: {error}", dir.display()))
    })?;
    Ok(Written { files, dir })
}

fn write_all(dir: &Path) -> std::io::Result<usize> {
    let mut written = 0;
    let mut folders = vec![&SHIPPED];
    while let Some(folder) = folders.pop() {
        fs::create_dir_all(dir.join(folder.path()))?;
        for file in folder.files() {
            fs::write(dir.join(file.path()), file.contents())?;
            written += 1;
        }
        folders.extend(folder.dirs());
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::{Date, date};

    use super::*;
    use crate::app::files;

    /// Entries that may expire on one day: a nightly that reddens should leave time to look at
    /// each.
    const EXPIRE_A_DAY_MAX: usize = 3;

    #[test]
    fn the_shipped_entries_do_not_expire_all_at_once() {
        let text = own_file("quirks.yaml").unwrap();
        let ledger = files::ledger(&[text]).unwrap();
        let mut by_day: BTreeMap<Date, Vec<&str>> = BTreeMap::new();
        for entry in &ledger.entries {
            by_day.entry(entry.expires).or_default().push(&entry.id);
        }
        for (day, ids) in &by_day {
            assert!(ids.len() <= EXPIRE_A_DAY_MAX, "{day}: {ids:?}");
        }
        let first = *by_day.keys().next().unwrap();
        let last = *by_day.keys().next_back().unwrap();
        assert!(first >= date(2027, 4, 1), "{first} comes too soon");
        assert!(first.until(last).unwrap().get_days() >= 8 * 7, "{last}");
    }
}
