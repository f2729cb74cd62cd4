//! The account that all calls share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cutover_base::secret::Secret;
use cutover_js::fetch;

use super::places::Places;
use crate::Observer;

/// How long the SDK waits for most requests.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// An account of E2B. Clones share their connections.
#[derive(Clone)]
pub struct E2b {
    pub(super) key: Arc<Secret>,
    pub(super) places: Arc<Places>,
    pub(super) fetch: fetch::Client,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) request_timeout: Duration,
}

impl E2b {
    /// An account by its key.
    pub fn new(key: Secret, places: Places, observer: Arc<dyn Observer>) -> Self {
        Self {
            key: Arc::new(key),
            places: Arc::new(places),
            fetch: fetch::Client::new(),
            observer,
            request_timeout: REQUEST_TIMEOUT,
        }
    }

    /// The same account with a client that waits for an answer no longer than this, instead of the
    /// SDK's 60 s.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }
}

impl fmt::Debug for E2b {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("E2b")
            .field("key", &self.key)
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}
