//! Files that clients upload for `COPY`: announced by their hash, sent to an address that only who
//! asked for it knows, spooled to disk without a name (contract 7.1).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::shared::Archive;

/// Bytes of one upload.
pub(crate) const UPLOAD_BYTES_MAX: u64 = 1 << 30;

/// Bytes of all uploads; the oldest go when one more does not fit.
const ALL_BYTES_MAX: u64 = 4 << 30;

/// Addresses that are good at once.
const TOKENS_MAX: usize = 1000;

/// See the module's description.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Oldest first.
    files: VecDeque<(String, Arc<Archive>)>,
    /// Token and hash, oldest first.
    tokens: VecDeque<(String, String)>,
}

impl Uploads {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was uploaded under a hash.
    pub(crate) fn get(&self, hash: &str) -> Option<Arc<Archive>> {
        let inner = self.lock();
        let found = inner.files.iter().find(|(had, _)| had == hash);
        found.map(|(_, archive)| Arc::clone(archive))
    }

    /// Lets whoever knows the token upload under a hash.
    pub(crate) fn expect(&self, token: String, hash: &str) {
        let mut inner = self.lock();
        if inner.tokens.len() >= TOKENS_MAX {
            inner.tokens.pop_front();
        }
        inner.tokens.push_back((token, hash.to_owned()));
    }

    /// The hash that a token is for.
    pub(crate) fn expected(&self, token: &str) -> Option<String> {
        let inner = self.lock();
        let found = inner.tokens.iter().find(|(had, _)| had == token);
        found.map(|(_, hash)| hash.clone())
    }

    /// Keeps an upload in place of an earlier one.
    pub(crate) fn keep(&self, hash: String, archive: Archive) {
        let mut inner = self.lock();
        inner.files.retain(|(had, _)| *had != hash);
        inner.files.push_back((hash, Arc::new(archive)));
        let bytes = |inner: &Inner| inner.files.iter().map(|(_, it)| it.len).sum::<u64>();
        while inner.files.len() > 1 && bytes(&inner) > ALL_BYTES_MAX {
            inner.files.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_is_for_one_hash_and_the_last_upload_counts() {
        let uploads = Uploads::default();
        uploads.expect("t".to_owned(), "h");
        assert_eq!(uploads.expected("t").as_deref(), Some("h"));
        assert_eq!(uploads.expected("u"), None);
        assert!(uploads.get("h").is_none());
        for text in [&b"one"[..], b"three"] {
            let archive = Archive::unnamed(Box::new(text)).await.unwrap();
            uploads.keep("h".to_owned(), archive);
        }
        assert_eq!(uploads.get("h").unwrap().len, 5);
        for number in 0..TOKENS_MAX {
            uploads.expect(number.to_string(), "h");
        }
        assert_eq!(uploads.expected("t"), None, "the oldest has gone");
    }
}
