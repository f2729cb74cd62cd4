//! What the endpoint asks of an artifact store.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

/// How long the address of an artifact is good: seven days, the most that a signature of this
/// kind may last.
pub const LIFETIME: Duration = Duration::from_secs(604_800);

/// A place for artifacts.
#[async_trait]
pub trait ArtifactStore: Send + Sync + fmt::Debug {
    /// Stores an artifact under a key and gives the address to fetch it from, good for
    /// [`LIFETIME`] from `now` on.
    ///
    /// # Errors
    /// When the place refuses it or cannot be reached.
    async fn put(&self, artifact: &Stored<'_>, now: Timestamp) -> Result<String, ArtifactError>;

    /// Answers a request for an artifact that this endpoint serves itself: the path below the
    /// artifact route and the query. None when there is no such artifact, its address is no longer
    /// good, or another server has the artifacts.
    async fn fetch(&self, _path: &str, _query: &str, _now: Timestamp) -> Option<Bytes> {
        None
    }
}

/// An artifact that is to be stored.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// The session it belongs to.
    pub session_id: &'a str,
    /// Its own id.
    pub id: &'a str,
    /// Its name, without anything that a file name may not have.
    pub name: &'a str,
    /// Its type.
    pub mime_type: &'a str,
    /// What it holds.
    pub content: &'a Bytes,
}

impl Stored<'_> {
    /// The key that it is stored under.
    pub fn key(&self) -> String {
        // A name of full stops alone would climb out of its folder in every address.
        let name = match self.name {
            "." => "_",
            ".." => "__",
            name => name,
        };
        format!("artifacts/{}/{}/{name}", self.session_id, self.id)
    }
}

/// An artifact that was not stored.
#[derive(Debug, thiserror::Error)]
#[error("cannot store the artifact: {0}")]
pub struct ArtifactError(pub String);
