//! All snapshots, in memory and in a folder.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tempfile::NamedTempFile;
use uuid::Uuid;

use crate::e2b::auth;
use crate::e2b::image::Image;
use crate::e2b::snapshots::snapshot::Snapshot;
use crate::e2b::template::Defaults;
use crate::shared::Archive;

/// Snapshots kept at most; each is as large as the files of its sandbox.
const SNAPSHOTS_MAX: usize = 100;

/// The snapshots of the stand-in.
#[derive(Debug)]
pub(crate) struct Snapshots {
    folder: Option<PathBuf>,
    inner: Mutex<Vec<Arc<Snapshot>>>,
}

/// What a new snapshot is to be.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Its name without namespace, if it has one.
    pub(crate) alias: Option<String>,
    /// Its tag.
    pub(crate) tag: String,
    /// The sandbox it is made of.
    pub(crate) sandbox_id: String,
    /// When.
    pub(crate) created_at: Timestamp,
    /// The sandbox's environment.
    pub(crate) envs: BTreeMap<String, String>,
    /// The sandbox's labels.
    pub(crate) metadata: BTreeMap<String, String>,
    /// As whom and where things happen in the sandbox.
    pub(crate) defaults: Defaults,
    /// The sandbox's image, where that is not the stand-in's own.
    pub(crate) image: Option<Image>,
}

impl Snapshots {
    /// Those of a folder, which outlive the stand-in; without one they go with it, even when it is
    /// killed.
    pub(crate) fn open(state: Option<&Path>) -> io::Result<Self> {
        let Some(state) = state else {
            return Ok(Self {
                folder: None,
                inner: Mutex::default(),
            });
        };
        let folder = state.join("snapshots");
        std::fs::create_dir_all(&folder)?;
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "json") {
                match load(&path) {
                    Ok(snapshot) => found.push(Arc::new(snapshot)),
                    Err(error) => {
                        tracing::warn!(path = %path.display(), %error, "left out a snapshot");
                    }
                }
            }
        }
        found.sort_by_key(|snapshot| (snapshot.created_at, snapshot.template_id.clone()));
        Ok(Self {
            folder: Some(folder),
            inner: Mutex::new(found),
        })
    }

    /// Where archives are spooled, if they may have names.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Whether one more fits.
    pub(crate) fn has_room(&self) -> bool {
        self.lock().len() < SNAPSHOTS_MAX
    }

    /// All, oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Snapshot>> {
        self.lock().clone()
    }

    /// Those that a name means, whatever their tags.
    pub(crate) fn named(&self, name: &str) -> Vec<Arc<Snapshot>> {
        let mut all = self.all();
        all.retain(|snapshot| snapshot.is_named(name));
        all
    }

    /// Keeps an archive. A name that exists gets a new build of its tag, as a template would.
    pub(crate) fn keep(&self, wanted: Wanted, archive: Archive) -> io::Result<Arc<Snapshot>> {
        let build_id = Uuid::new_v4().to_string();
        let file = PathBuf::from(format!("{build_id}.tar"));
        let mut all = self.lock();
        let same = wanted.alias.as_ref().and_then(|alias| {
            let named = |snapshot: &&Arc<Snapshot>| snapshot.alias.as_ref() == Some(alias);
            all.iter().find(named)
        });
        let template_id = same.map_or_else(auth::new_template_id, |it| it.template_id.clone());
        let mut snapshot = Snapshot {
            template_id,
            build_id,
            alias: wanted.alias,
            tag: wanted.tag,
            sandbox_id: wanted.sandbox_id,
            created_at: wanted.created_at,
            envs: wanted.envs,
            metadata: wanted.metadata,
            defaults: wanted.defaults,
            image: wanted.image.as_ref().map(|image| image.name().to_owned()),
            held: wanted.image,
            file,
            archive: None,
        };
        match &self.folder {
            Some(folder) => keep_in(folder, &mut snapshot, archive)?,
            None => snapshot.archive = Some(Arc::new(archive)),
        }
        let snapshot = Arc::new(snapshot);
        all.retain(|old| {
            let replaced = old.template_id == snapshot.template_id && old.tag == snapshot.tag;
            if replaced {
                discard(old);
            }
            !replaced
        });
        all.push(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// Deletes those that a name means: of this tag, or all. How many there were.
    pub(crate) fn delete(&self, name: &str, tag: Option<&str>) -> usize {
        let mut all = self.lock();
        let before = all.len();
        all.retain(|snapshot| {
            let fits =
                snapshot.is_named(name) && tag.is_none_or(|tag| snapshot.tag.as_str() == tag);
            if fits {
                discard(snapshot);
            }
            !fits
        });
        before - all.len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Snapshot>>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load(path: &Path) -> io::Result<Snapshot> {
    let mut snapshot: Snapshot = serde_json::from_slice(&std::fs::read(path)?)?;
    // The place is that of the note, whatever a note says.
    snapshot.file = path.with_extension("tar");
    std::fs::metadata(&snapshot.file)?;
    Ok(snapshot)
}

fn keep_in(folder: &Path, snapshot: &mut Snapshot, archive: Archive) -> io::Result<()> {
    snapshot.file = folder.join(&snapshot.file);
    archive.persist(&snapshot.file)?;
    save(folder, snapshot).inspect_err(|_| discard(snapshot))
}

fn save(folder: &Path, snapshot: &Snapshot) -> io::Result<()> {
    let mut note = NamedTempFile::with_prefix_in(".part-", folder)?;
    serde_json::to_writer(&mut note, snapshot)?;
    note.persist(snapshot.file.with_extension("json"))?;
    Ok(())
}

/// Who has the archive open reads on; the disk is freed after that.
fn discard(snapshot: &Snapshot) {
    if snapshot.archive.is_some() {
        return;
    }
    for path in [snapshot.file.with_extension("json"), snapshot.file.clone()] {
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "left a snapshot's file behind");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::e2b::template::DEFAULT_TAG;

    async fn archive(snapshots: &Snapshots, bytes: &'static [u8]) -> Archive {
        Archive::bounded(snapshots.folder(), Box::new(bytes), 10)
            .await
            .unwrap()
    }

    fn wanted(alias: Option<&str>, tag: &str) -> Wanted {
        Wanted {
            alias: alias.map(str::to_owned),
            tag: tag.to_owned(),
            sandbox_id: "iabc".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            envs: BTreeMap::new(),
            metadata: BTreeMap::new(),
            defaults: Defaults::default(),
            image: None,
        }
    }

    async fn keep(snapshots: &Snapshots, alias: Option<&str>, tag: &str) -> Arc<Snapshot> {
        let archive = archive(snapshots, b"tar").await;
        snapshots.keep(wanted(alias, tag), archive).unwrap()
    }

    fn files(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[tokio::test]
    async fn snapshots_outlive_the_stand_in_and_names_are_built_again() {
        let state = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::open(Some(state.path())).unwrap();
        let first = keep(&snapshots, Some("a"), DEFAULT_TAG).await;
        let other = keep(&snapshots, Some("a"), "v2").await;
        let again = keep(&snapshots, Some("a"), DEFAULT_TAG).await;
        let plain = keep(&snapshots, None, DEFAULT_TAG).await;
        assert_eq!(first.template_id, other.template_id);
        assert_eq!(first.template_id, again.template_id);
        assert_ne!(first.template_id, plain.template_id);
        assert_eq!(other.id(), "local/a:v2");
        assert_eq!(plain.id(), format!("{}:default", plain.template_id));
        std::fs::write(snapshots.folder().unwrap().join("bad.json"), "{}").unwrap();
        let reopened = Snapshots::open(Some(state.path())).unwrap();
        assert_eq!(reopened.all().len(), 3, "the older build is gone");
        assert_eq!(reopened.named("local/a").len(), 2);
        assert_eq!(reopened.delete("a", Some("v2")), 1);
        assert_eq!(reopened.delete("a", None), 1);
        assert_eq!(reopened.delete("a", None), 0);
        assert_eq!(
            files(reopened.folder().unwrap()),
            3,
            "one archive, its note, a bad note"
        );
    }

    #[tokio::test]
    async fn an_archive_that_is_too_long_leaves_nothing() {
        let state = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::open(Some(state.path())).unwrap();
        let folder = snapshots.folder().unwrap();
        let long: &[u8] = &[0; 11];
        let outcome = Archive::bounded(Some(folder), Box::new(long), 10).await;
        assert!(outcome.is_err());
        drop(archive(&snapshots, b"x").await);
        assert_eq!(files(folder), 0);
    }

    #[tokio::test]
    async fn without_a_folder_several_read_an_archive_that_has_no_name() {
        let snapshots = Snapshots::open(None).unwrap();
        let kept = keep(&snapshots, Some("a"), DEFAULT_TAG).await;
        let (mut one, mut two) = (kept.open().unwrap(), kept.open().unwrap());
        let (mut first, mut second) = (String::new(), String::new());
        one.read_to_string(&mut first).await.unwrap();
        two.read_to_string(&mut second).await.unwrap();
        assert_eq!((first.as_str(), second.as_str()), ("tar", "tar"));
        assert_eq!(snapshots.delete("a", None), 1);
    }
}
