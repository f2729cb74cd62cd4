//! Images that an engine builds: what it is asked, and what comes of it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::AsyncRead;
use tokio_util::sync::CancellationToken;

use super::model::{EngineError, ImageFacts};

/// Takes the lines of a build's log, without their ends. It must not wait for anything.
pub type LogSink = Arc<dyn Fn(&str) + Send + Sync>;

/// An image to be built.
pub struct ImageOrder {
    /// The build context: a tar stream with a `Dockerfile` at its root. Who makes it bounds it.
    pub context: Box<dyn AsyncRead + Send + Unpin>,
    /// Labels that the image gets beside the engine's own.
    pub labels: HashMap<String, String>,
    /// Told what the builder says, line by line.
    pub log: LogSink,
    /// The longest that the build may take.
    pub time_max: Duration,
    /// Ends the build early.
    pub stop: CancellationToken,
}

impl fmt::Debug for ImageOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageOrder")
            .field("labels", &self.labels)
            .field("time_max", &self.time_max)
            .finish_non_exhaustive()
    }
}

/// An image that an engine has built. Dropping the last handle removes it as well, in the
/// background.
#[async_trait]
pub trait BuiltImage: Send + Sync + fmt::Debug {
    /// What it says of itself; the name is what [`Profile::image`](super::Profile::image) takes.
    fn facts(&self) -> &ImageFacts;

    /// Removes it. Idempotent; returns when it is gone. Sandboxes of it must have ended before.
    async fn remove(&self);
}

/// Why no image was built. Nothing is left of the build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The Dockerfile is wrong or a step has failed: what the builder said.
    #[error("{0}")]
    Failed(String),
    /// It took longer than it may.
    #[error("the build took longer than {} s", .0.as_secs())]
    TooLong(Duration),
    /// It was told to stop.
    #[error("the build was stopped")]
    Stopped,
    /// The engine cannot build, or went away.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
