//! A snapshot as it is written down in a folder: a record, and its files beside it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::fs;

use crate::daytona::image::Image;
use crate::daytona::sandbox::Resources;
use crate::daytona::snapshots::snapshot::{Snapshot, SnapshotState};
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

/// Writes a snapshot down: its files, then its record.
///
/// # Errors
/// When the folder cannot be written, or the snapshot has no image yet.
pub(super) async fn write(folder: &Path, snapshot: &Snapshot) -> io::Result<()> {
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

/// Reads the snapshot of a record.
///
/// # Errors
/// When the record or the files beside it cannot be read.
pub(super) fn read(folder: &Path, path: &Path) -> io::Result<Snapshot> {
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
        built: None,
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
