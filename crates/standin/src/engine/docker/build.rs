//! Builds an image with the daemon's classic builder.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt as _;
use testcontainers::bollard::Docker;
use testcontainers::bollard::body_try_stream;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::models::BuildInfo;
use testcontainers::bollard::query_parameters::BuildImageOptionsBuilder;
use tokio_util::io::ReaderStream;
use tokio_util::task::TaskTracker;

use super::built::{self, DockerImage, REPOSITORY};
use super::image;
use super::layers::Layers;
use super::log::BuildLines;
use super::refusal::words;
use crate::engine::{BuildError, EngineError, ImageOrder};

/// What builds images.
#[derive(Debug, Clone)]
pub(super) struct ImageBuilder {
    pub(super) docker: Docker,
    /// The labels of everything that this process makes.
    pub(super) labels: HashMap<String, String>,
    /// The beginning of the names of our folders.
    pub(super) prefix: String,
    /// What goes on when nobody waits any more.
    pub(super) tasks: TaskTracker,
}

impl ImageBuilder {
    /// Builds. After an error nothing is left of it.
    ///
    /// # Errors
    /// Why there is no image.
    pub(super) async fn build(self, mut order: ImageOrder) -> Result<DockerImage, BuildError> {
        let name = format!("{REPOSITORY}{}", uuid::Uuid::new_v4().simple());
        let layers = Layers::written(&self.prefix)
            .map_err(|error| EngineError::internal("make a folder for a build", &error))?;
        order.labels.extend(self.labels.clone());
        let mut lines = BuildLines::new(Arc::clone(&order.log), layers, order.labels.len());
        let (time_max, stop) = (order.time_max, order.stop.clone());
        let built = tokio::select! {
            built = self.run(&name, order, &mut lines) => built,
            () = stop.cancelled() => Err(BuildError::Stopped),
            () = tokio::time::sleep(time_max) => Err(BuildError::TooLong(time_max)),
        };
        lines.end();
        let facts = match built {
            Ok(()) => image::take(&self.docker, &name, true)
                .await
                .map_err(Into::into),
            Err(error) => Err(error),
        };
        if facts.is_err() {
            // The builder may have come to its end all the same.
            built::remove(&self.docker, &name).await;
            if let Err(error) = lines.layers.remove(&self.docker).await {
                let error = words(&error);
                tracing::warn!(error, "the layers of a failed build could not be removed");
            }
        }
        Ok(DockerImage::new(self.docker, facts?, self.tasks))
    }

    /// Returns when the builder has said that the image is there.
    async fn run(
        &self,
        name: &str,
        order: ImageOrder,
        lines: &mut BuildLines,
    ) -> Result<(), BuildError> {
        let options = BuildImageOptionsBuilder::default();
        let options = options
            .dockerfile("Dockerfile")
            .t(name)
            .labels(&order.labels)
            .rm(true)
            .forcerm(true)
            .build();
        let context = body_try_stream(ReaderStream::new(order.context));
        let mut told = std::pin::pin!(self.docker.build_image(options, None, Some(context)));
        let mut made = false;
        while let Some(next) = told.next().await {
            let next = next.map_err(|error| why(&error))?;
            // The classic builder has one thing to add: the id of the image.
            made |= next.aux.is_some();
            tell(&next, lines);
        }
        if made {
            return Ok(());
        }
        let gone = "docker: the daemon ended the build without an image and without a reason";
        Err(BuildError::Engine(EngineError::Internal(gone.to_owned())))
    }
}

/// What the builder says, and how far it is with pulling an image.
fn tell(info: &BuildInfo, lines: &mut BuildLines) {
    if let Some(text) = &info.stream {
        lines.push(text);
    }
    let progress = info.progress_detail.as_ref();
    let counting = progress.is_some_and(|progress| progress.current.is_some());
    if let Some(status) = info.status.as_ref().filter(|_| !counting) {
        lines.end();
        match &info.id {
            Some(id) => lines.push(&format!("{id}: {status}\n")),
            None => lines.push(&format!("{status}\n")),
        }
    }
}

/// The builder's own words are a failed build; a connection that breaks is a failed engine.
fn why(error: &Error) -> BuildError {
    match error {
        Error::DockerStreamError { error } => BuildError::Failed(error.trim_end().to_owned()),
        Error::DockerResponseServerError { message, .. } => {
            BuildError::Failed(message.trim_end().to_owned())
        }
        other => BuildError::Engine(EngineError::Internal(format!(
            "docker: the daemon was lost while it built an image: {}",
            words(other)
        ))),
    }
}
