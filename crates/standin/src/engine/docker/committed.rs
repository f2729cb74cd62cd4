//! Images that are made of containers: they have the labels of their container, so that what a dead
//! owner has left is found.

use testcontainers::bollard::Docker;
use testcontainers::bollard::models::ContainerConfig;
use testcontainers::bollard::query_parameters::CommitContainerOptionsBuilder;
use tokio_util::task::TaskTracker;

use super::built::DockerImage;
use super::image;
use super::refusal::failed;
use crate::engine::EngineError;

/// Makes an image of a container as it is, which stands still for a moment.
///
/// # Errors
/// What the daemon said.
pub(super) async fn commit(
    docker: &Docker,
    container: &str,
    removing: &TaskTracker,
) -> Result<DockerImage, EngineError> {
    let options = CommitContainerOptionsBuilder::default();
    let options = options.container(container).pause(true).build();
    let made = docker.commit_container(options, ContainerConfig::default());
    let made = made.await;
    let id = made.map_err(|error| failed("make an image", &error))?.id;
    let facts = image::take(docker, &id, true).await;
    Ok(DockerImage::new(docker.clone(), facts?, removing.clone()))
}
