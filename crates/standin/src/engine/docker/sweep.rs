//! Containers, images and folders whose owner is dead: removed.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use testcontainers::bollard::Docker;
use testcontainers::bollard::models::{ContainerSummary, ImageSummary};
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder,
};

use super::built::REPOSITORY;
use super::container::remove;
use super::daemon::{connect, is_there};
use super::layers::{self, Layers};
use super::owner::{self, Life, Owner, RUN};
use super::refusal::{failed, words};
use crate::engine::{DockerSettings, EngineError, Swept};

/// Characters of a container's id that are shown, as Docker does.
const ID_SHOWN: usize = 12;

/// Removes the containers of cutover whose owner is dead, and what else such an owner has left.
///
/// # Errors
/// [`EngineError::Refused`] when the daemon cannot be asked.
pub(in crate::engine) async fn sweep(
    settings: &DockerSettings,
    temporary: &Path,
) -> Result<Vec<Swept>, EngineError> {
    let layers: Vec<Layers> = abandoned(temporary)
        .filter_map(|folder| Layers::of_folder(&folder))
        .collect();
    let mut swept = folders(temporary);
    if !is_there(settings) {
        return Ok(swept);
    }
    let docker = connect(settings)?;
    swept.extend(containers(&docker).await?);
    swept.extend(images(&docker).await?);
    for layers in layers {
        if let Err(error) = layers.remove(&docker).await {
            swept.push(Swept {
                what: "layers of a build".to_owned(),
                kept: Some(words(&error)),
            });
        }
    }
    Ok(swept)
}

fn of_cutover() -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![RUN.to_owned()])])
}

async fn containers(docker: &Docker) -> Result<Vec<Swept>, EngineError> {
    let mut swept = Vec::new();
    let options = ListContainersOptionsBuilder::default();
    let options = options.all(true).filters(&of_cutover()).build();
    let all = docker.list_containers(Some(options)).await;
    for container in all.map_err(|error| failed("list containers", &error))? {
        let Some(id) = id_if_abandoned(&container) else {
            continue;
        };
        let removed = remove(docker, id).await;
        swept.push(Swept {
            what: format!("container {}", id.get(..ID_SHOWN).unwrap_or(id)),
            kept: removed.err().map(|error| words(&error)),
        });
    }
    Ok(swept)
}

async fn images(docker: &Docker) -> Result<Vec<Swept>, EngineError> {
    let mut swept = Vec::new();
    let options = ListImagesOptionsBuilder::default();
    let options = options.filters(&of_cutover()).build();
    let all = docker.list_images(Some(options)).await;
    for image in all.map_err(|error| failed("list images", &error))? {
        for name in names_if_abandoned(&image) {
            let removed = layers::remove(docker, name, true).await;
            swept.push(Swept {
                what: format!("image {name}"),
                kept: removed.err().map(|error| words(&error)),
            });
        }
    }
    Ok(swept)
}

/// The names that cutover gave an image whose owner is known to be dead; its id if it has no names.
/// An image that somebody else has made of it has the labels as well, and names of its own.
fn names_if_abandoned(image: &ImageSummary) -> Vec<&str> {
    let dead = Owner::of(&image.labels).is_some_and(|owner| owner.life() == Life::Dead);
    if !dead {
        return Vec::new();
    }
    if layers::names(image).next().is_none() {
        return vec![image.id.as_str()];
    }
    let ours = |name: &&str| name.starts_with(REPOSITORY);
    layers::names(image).filter(ours).collect()
}

/// The id of a container of cutover whose owner is known to be dead.
fn id_if_abandoned(container: &ContainerSummary) -> Option<&str> {
    let owner = Owner::of(container.labels.as_ref()?)?;
    let id = container.id.as_deref()?;
    (owner.life() == Life::Dead).then_some(id)
}

/// The folders of engines that were killed.
fn abandoned(temporary: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(temporary).into_iter().flatten().flatten();
    let abandoned = entries.filter(|entry| {
        let name = entry.file_name();
        let owner = name.to_str().and_then(owner::of_folder);
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        is_dir && owner.is_some_and(|owner| owner.life() == Life::Dead)
    });
    abandoned.map(|entry| entry.path())
}

/// Removes them: empty ones, or with the copy of a program or the list of a build's layers.
fn folders(temporary: &Path) -> Vec<Swept> {
    abandoned(temporary)
        .map(|folder| Swept {
            what: format!("folder {}", folder.display()),
            kept: fs::remove_dir_all(&folder)
                .err()
                .map(|error| error.to_string()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(labels: HashMap<String, String>) -> ContainerSummary {
        ContainerSummary {
            id: Some("c1".to_owned()),
            labels: Some(labels),
            ..ContainerSummary::default()
        }
    }

    #[test]
    fn only_what_a_dead_owner_has_left_is_abandoned() {
        let own = Owner::this().labels("r1");
        assert_eq!(id_if_abandoned(&container(own.clone())), None);
        assert_eq!(id_if_abandoned(&container(HashMap::new())), None);
        let mut dead = own;
        dead.insert("cutover.started".to_owned(), "1".to_owned());
        assert_eq!(id_if_abandoned(&container(dead.clone())), Some("c1"));
        dead.remove("cutover-run");
        assert_eq!(id_if_abandoned(&container(dead)), None);
    }

    #[test]
    fn only_the_names_that_a_dead_owner_gave_are_taken_from_an_image() {
        let own = Owner::this().labels("r1");
        let mut dead = own.clone();
        dead.insert("cutover.started".to_owned(), "1".to_owned());
        let cases: [(&HashMap<_, _>, &[&str], &[&str]); 5] = [
            (&own, &["cutover-build:a"], &[]),
            (&dead, &["cutover-build:a", "mine:1"], &["cutover-build:a"]),
            (&dead, &["mine:1"], &[]),
            (&dead, &["<none>:<none>"], &["sha256:1"]),
            (&HashMap::new(), &["cutover-build:a"], &[]),
        ];
        for (labels, names, expected) in cases {
            let image = ImageSummary {
                id: "sha256:1".to_owned(),
                labels: labels.clone(),
                repo_tags: names.iter().map(|name| (*name).to_owned()).collect(),
                ..ImageSummary::default()
            };
            assert_eq!(names_if_abandoned(&image), expected, "{names:?}");
        }
    }

    #[test]
    fn folders_of_the_dead_go() {
        let temporary = tempfile::tempdir().unwrap();
        let own = format!("{}abc", Owner::this().folder());
        for name in [
            own.as_str(),
            "cutover-docker-1-99999999999-x",
            "cutover-docker-x",
            "other",
        ] {
            fs::create_dir(temporary.path().join(name)).unwrap();
        }
        let swept = folders(temporary.path());
        assert_eq!(swept.len(), 1, "{swept:?}");
        assert!(swept[0].what.ends_with("cutover-docker-1-99999999999-x"));
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 3);
    }
}
