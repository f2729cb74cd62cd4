//! The pages of a listing, which is whole or an error: a sandbox that it leaves out would go on
//! costing unseen.

use std::collections::BTreeSet;

use crate::driver::DriverResult;
use crate::driver::http::HttpError;

/// Pages of a listing that are read, of a hundred sandboxes or more each: above any account's.
const PAGES_MAX: usize = 100;

/// The way through a listing.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// The cursors that were followed.
    followed: BTreeSet<String>,
}

impl Pages {
    /// The cursor to go on with after a page that told this one; `None` when the page was the last.
    ///
    /// # Errors
    /// When the listing leads back to a page that was read, or has too many.
    pub(crate) fn next(&mut self, told: Option<String>) -> DriverResult<Option<String>> {
        let Some(cursor) = told.filter(|cursor| !cursor.is_empty()) else {
            return Ok(None);
        };
        let words = if !self.followed.insert(cursor.clone()) {
            "a listing that leads back to a page that was read before".to_owned()
        } else if self.followed.len() >= PAGES_MAX {
            format!("a listing of more than {PAGES_MAX} pages")
        } else {
            return Ok(Some(cursor));
        };
        Err(HttpError::Unusable(words).plain())
    }
}

/// Refuses a page with a sandbox without an id: nobody could destroy it.
///
/// # Errors
/// When one of the ids is empty.
pub(crate) fn with_ids<'a>(mut ids: impl Iterator<Item = &'a str>) -> DriverResult<()> {
    if ids.any(str::is_empty) {
        let words = "a listing with a sandbox without an id".to_owned();
        return Err(HttpError::Unusable(words).plain());
    }
    Ok(())
}
