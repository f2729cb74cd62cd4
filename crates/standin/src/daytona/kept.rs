//! Snapshots that outlive the stand-in: a folder with a record and the files of each.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::fs;

use crate::daytona::image::Image;
use crate::daytona::sandbox::Resources;
use crate::daytona::snapshot::{Snapshot, SnapshotState};
use crate::daytona::world::World;
use crate::shared::Archive;

/// A snapshot as it is written down.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    id: String,
    name: String,
    created_at: Timestamp,
    image_name: Option<String>,
    entrypoint: Option<Vec<String>>,
    source: Option<String>,
    cpu: i64,
    memory: i64,
    disk: i64,
    reference: String,
    env: BTreeMap<String, String>,
    user: String,
    work_dir: Option<String>,
    image_entrypoint: Option<Vec<String>>,
    files: bool,
}

/// Writes an active snapshot down, if the stand-in has a folder. One that cannot be written is
/// used all the same, and told in the log.
pub(super) async fn save(world: &World, snapshot: &Snapshot) {
    let Some(folder) = folder(world) else {
        return;
    };
    // One that was deleted while it was made must not come back.
    if world.snapshots.find(&snapshot.id).is_none() {
        return;
    }
    if let Err(error) = write(&folder, snapshot).await {
        tracing::warn!(%error, snapshot = snapshot.name, "a snapshot cannot be kept");
    }
}

/// Takes a snapshot out of the folder.
pub(super) async fn forget(world: &World, id: &str) {
    if let Some(folder) = folder(world) {
        for end in ["json", "tar"] {
            // Never written is as good.
            let _ = fs::remove_file(folder.join(format!("{id}.{end}"))).await;
        }
    }
}

/// Reads every snapshot of the folder; one that cannot be read is left out, and told in the log.
pub(super) fn load(world: &World) {
    let Some(folder) = folder(world) else {
        return;
    };
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    for path in paths {
        match read(&folder, &path) {
            Ok(snapshot) => {
                world.snapshots.add(snapshot);
            }
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "a snapshot cannot be read");
            }
        }
    }
}

fn folder(world: &World) -> Option<PathBuf> {
    let state = world.state_dir.as_ref()?;
    Some(state.join("snapshots"))
}

async fn write(folder: &Path, snapshot: &Snapshot) -> io::Result<()> {
    let image = snapshot.facts().image.clone();
    let image = image.ok_or(io::ErrorKind::NotFound)?;
    fs::create_dir_all(folder).await?;
    if let Some(files) = &image.files {
        files
            .save(&folder.join(format!("{}.tar", snapshot.id)))
            .await?;
    }
    let record = Record {
        id: snapshot.id.clone(),
        name: snapshot.name.clone(),
        created_at: snapshot.created_at,
        image_name: snapshot.image_name.clone(),
        entrypoint: snapshot.entrypoint.clone(),
        source: snapshot.source.clone(),
        cpu: snapshot.resources.cpu,
        memory: snapshot.resources.memory,
        disk: snapshot.resources.disk,
        reference: image.reference.clone(),
        env: image.env.clone(),
        user: image.user.clone(),
        work_dir: image.work_dir.clone(),
        image_entrypoint: image.entrypoint.clone(),
        files: image.files.is_some(),
    };
    // Written last and whole, so that a record without its files is never met.
    let half = folder.join(format!("{}.half", snapshot.id));
    fs::write(&half, serde_json::to_vec_pretty(&record)?).await?;
    fs::rename(&half, folder.join(format!("{}.json", snapshot.id))).await
}

fn read(folder: &Path, path: &Path) -> io::Result<Snapshot> {
    let record: Record = serde_json::from_slice(&std::fs::read(path)?)?;
    // The id becomes a file name again; one that is none of ours is not followed.
    if uuid::Uuid::parse_str(&record.id).is_err() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let files = if record.files {
        let archive = Archive::open(&folder.join(format!("{}.tar", record.id)))?;
        Some(Arc::new(archive))
    } else {
        None
    };
    let image = Image {
        reference: record.reference,
        env: record.env,
        user: record.user,
        work_dir: record.work_dir,
        entrypoint: record.image_entrypoint,
        files,
    };
    let mut snapshot = Snapshot::new(
        record.id,
        record.name,
        SnapshotState::Active,
        record.created_at,
    );
    snapshot.image_name = record.image_name;
    snapshot.entrypoint = record.entrypoint;
    snapshot.source = record.source;
    snapshot.resources = Resources {
        cpu: record.cpu,
        memory: record.memory,
        disk: record.disk,
    };
    snapshot.facts().image = Some(Arc::new(image));
    Ok(snapshot)
}
