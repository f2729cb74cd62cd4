//! An image that was built: used by its name, and removed with its handle.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use testcontainers::bollard::Docker;
use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

use super::layers;
use super::refusal::words;
use crate::engine::{BuiltImage, ImageFacts};

/// What the name of every image that cutover has built begins with.
pub(super) const REPOSITORY: &str = "cutover-build:";

/// See the module's description.
#[derive(Debug)]
pub(super) struct DockerImage {
    pub(super) docker: Docker,
    pub(super) facts: ImageFacts,
    pub(super) removing: TaskTracker,
    /// Who removes it holds this, so that a second caller returns no sooner.
    turn: Mutex<()>,
    gone: AtomicBool,
}

impl DockerImage {
    /// The handle of an image.
    pub(super) fn new(docker: Docker, facts: ImageFacts, removing: TaskTracker) -> Self {
        Self {
            docker,
            facts,
            removing,
            turn: Mutex::default(),
            gone: AtomicBool::new(false),
        }
    }
}

#[async_trait]
impl BuiltImage for DockerImage {
    fn facts(&self) -> &ImageFacts {
        &self.facts
    }

    async fn remove(&self) {
        let _turn = self.turn.lock().await;
        if !self.gone.load(Ordering::Acquire) {
            remove(&self.docker, &self.facts.name).await;
            self.gone.store(true, Ordering::Release);
        }
    }
}

impl Drop for DockerImage {
    fn drop(&mut self) {
        let gone = self.gone.load(Ordering::Acquire);
        if gone || tokio::runtime::Handle::try_current().is_err() {
            // Without a runtime `cutover reap` removes it by its labels.
            return;
        }
        let (docker, name) = (self.docker.clone(), self.facts.name.clone());
        self.removing
            .spawn(async move { remove(&docker, &name).await });
    }
}

/// Removes an image of ours; one that stays is told in the log.
pub(super) async fn remove(docker: &Docker, name: &str) {
    if let Err(error) = layers::remove(docker, name, true).await {
        let error = words(&error);
        tracing::warn!(image = name, error, "an image could not be removed");
    }
}
