//! All snapshots, in memory and in a folder.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use tokio::fs;

use crate::daytona::snapshots::record;
use crate::daytona::snapshots::snapshot::{DEFAULT, Snapshot};
use crate::engine::ImageFacts;

/// Name and id of each general snapshot; all are the built-in image.
const GENERAL: [(&str, &str); 2] = [
    (DEFAULT, "5c2a7b54-2f0e-4a57-9a2e-6a0d6a2f1c01"),
    ("litellm", "9d1b0f3e-86c4-4be2-8f52-0f6f4d1e7a02"),
];

/// All snapshots of a stand-in.
#[derive(Debug)]
pub(in crate::daytona) struct Snapshots {
    /// Where they outlive the stand-in, if they do.
    folder: Option<PathBuf>,
    by_id: Mutex<IndexMap<String, Arc<Snapshot>>>,
}

impl Snapshots {
    /// The general ones, and those of a folder, which outlive the stand-in; without one they go
    /// with it. A snapshot that cannot be read is left out, and told in the log.
    pub(in crate::daytona) fn open(state: Option<&Path>, image: Option<&ImageFacts>) -> Self {
        let general = GENERAL.map(|(name, id)| {
            let snapshot = Snapshot::general(name, id, image);
            (id.to_owned(), Arc::new(snapshot))
        });
        let snapshots = Self {
            folder: state.map(|state| state.join("snapshots")),
            by_id: Mutex::new(general.into_iter().collect()),
        };
        snapshots.load();
        snapshots
    }

    fn load(&self) {
        let Some(folder) = &self.folder else {
            return;
        };
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
        paths.sort();
        for path in paths {
            match record::read(folder, &path) {
                Ok(snapshot) => {
                    self.add(snapshot);
                }
                Err(error) => {
                    tracing::warn!(%error, path = %path.display(), "a snapshot cannot be read");
                }
            }
        }
    }

    /// Writes an active snapshot down, if the stand-in has a folder. One that cannot be written is
    /// used all the same, and told in the log.
    pub(in crate::daytona) async fn save(&self, snapshot: &Snapshot) {
        let Some(folder) = &self.folder else {
            return;
        };
        let image = snapshot.facts().image.clone();
        if image.is_some_and(|image| image.built.is_some()) {
            let snapshot = &snapshot.name;
            tracing::warn!(
                snapshot,
                "a snapshot of an image that Docker built is not kept"
            );
            return;
        }
        // One that was deleted while it was made must not come back.
        if self.find(&snapshot.id).is_none() {
            return;
        }
        if let Err(error) = record::write(folder, snapshot).await {
            tracing::warn!(%error, snapshot = snapshot.name, "a snapshot cannot be kept");
        }
    }

    /// Takes a snapshot out of the folder.
    pub(in crate::daytona) async fn forget(&self, id: &str) {
        if let Some(folder) = &self.folder {
            for end in ["json", "tar"] {
                // Never written is as good.
                let _ = fs::remove_file(folder.join(format!("{id}.{end}"))).await;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<String, Arc<Snapshot>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a snapshot. `None` when its name is taken.
    pub(in crate::daytona) fn add(&self, snapshot: Snapshot) -> Option<Arc<Snapshot>> {
        let mut all = self.lock();
        if all.values().any(|other| other.name == snapshot.name) {
            return None;
        }
        let snapshot = Arc::new(snapshot);
        all.insert(snapshot.id.clone(), Arc::clone(&snapshot));
        Some(snapshot)
    }

    /// By id, else by name.
    pub(in crate::daytona) fn find(&self, id_or_name: &str) -> Option<Arc<Snapshot>> {
        let all = self.lock();
        let named = || all.values().find(|snapshot| snapshot.name == id_or_name);
        all.get(id_or_name).or_else(named).cloned()
    }

    /// Takes one away.
    pub(in crate::daytona) fn remove(&self, id: &str) -> Option<Arc<Snapshot>> {
        self.lock().shift_remove(id)
    }

    /// All, oldest first.
    pub(in crate::daytona) fn all(&self) -> Vec<Arc<Snapshot>> {
        self.lock().values().cloned().collect()
    }
}
