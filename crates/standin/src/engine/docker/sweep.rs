//! Containers and folders whose owner is dead: removed.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use testcontainers::bollard::models::ContainerSummary;
use testcontainers::bollard::query_parameters::ListContainersOptionsBuilder;

use super::container::remove;
use super::daemon::{connect, is_there};
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
    let mut swept = folders(temporary);
    if !is_there(settings) {
        return Ok(swept);
    }
    let docker = connect(settings)?;
    let filters = HashMap::from([("label".to_owned(), vec![RUN.to_owned()])]);
    let options = ListContainersOptionsBuilder::default();
    let options = options.all(true).filters(&filters).build();
    let all = docker.list_containers(Some(options)).await;
    for container in all.map_err(|error| failed("list containers", &error))? {
        let Some(id) = id_if_abandoned(&container) else {
            continue;
        };
        let removed = remove(&docker, id).await;
        swept.push(Swept {
            what: format!("container {}", id.get(..ID_SHOWN).unwrap_or(id)),
            kept: removed.err().map(|error| words(&error)),
        });
    }
    Ok(swept)
}

/// The id of a container of cutover whose owner is known to be dead.
fn id_if_abandoned(container: &ContainerSummary) -> Option<&str> {
    let owner = Owner::of(container.labels.as_ref()?)?;
    let id = container.id.as_deref()?;
    (owner.life() == Life::Dead).then_some(id)
}

/// Folders of engines that were killed: empty ones, or with the copy of a program.
fn folders(temporary: &Path) -> Vec<Swept> {
    let entries = fs::read_dir(temporary).into_iter().flatten().flatten();
    let abandoned = entries.filter(|entry| {
        let name = entry.file_name();
        let owner = name.to_str().and_then(owner::of_folder);
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        is_dir && owner.is_some_and(|owner| owner.life() == Life::Dead)
    });
    abandoned
        .map(|entry| Swept {
            what: format!("folder {}", entry.path().display()),
            kept: fs::remove_dir_all(entry.path())
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
