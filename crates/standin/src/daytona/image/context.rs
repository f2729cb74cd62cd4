//! The context of a build: its Dockerfile and the regular files of what was pushed for it, as one tar
//! file on disk (contract 5.5). Folders as such and links are lost, as the service loses them.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Component, Path};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream;
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

use crate::daytona::storage::Object;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// Files of a context; bigger ones hold a `node_modules` by mistake.
const FILES_MAX: usize = 200_000;

/// A file of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContextFile {
    /// Relative to the context.
    pub(super) path: String,
    pub(super) mode: u32,
    pub(super) len: u64,
    /// Where its bytes begin in the tar file.
    at: u64,
}

/// A context.
#[derive(Debug)]
pub(super) struct Context {
    file: Arc<File>,
    len: u64,
    pub(super) files: Vec<ContextFile>,
}

impl Context {
    /// Gathers the files. It blocks.
    ///
    /// # Errors
    /// What is wrong with a pushed context, or that it cannot be kept.
    pub(super) fn gather(dockerfile: &str, objects: &[Object]) -> Result<Self, String> {
        let kept = |error: io::Error| format!("the context cannot be kept: {error}");
        let file = tempfile::tempfile().map_err(kept)?;
        let mut builder = tar::Builder::new(file);
        let mut count = 0;
        for object in objects {
            add(&mut builder, object.read(), &mut count)?;
        }
        // Last, so that it is the Dockerfile even when a context has another of that name.
        let mut header = header(dockerfile.len() as u64, 0o644);
        builder
            .append_data(&mut header, "Dockerfile", dockerfile.as_bytes())
            .map_err(kept)?;
        let mut file = builder.into_inner().map_err(kept)?;
        let len = file.stream_position().map_err(kept)?;
        let files = index(&mut file).map_err(kept)?;
        Ok(Self {
            file: Arc::new(file),
            len,
            files,
        })
    }

    /// The whole of it.
    pub(super) fn reader(&self) -> Box<dyn AsyncRead + Send + Unpin> {
        Box::new(StreamReader::new(Box::pin(self.chunks(0, self.len))))
    }

    /// The bytes of one file.
    pub(super) fn bytes(
        &self,
        file: &ContextFile,
    ) -> impl Stream<Item = io::Result<Bytes>> + use<> {
        self.chunks(file.at, file.len)
    }

    fn chunks(&self, at: u64, len: u64) -> impl Stream<Item = io::Result<Bytes>> + use<> {
        let start = (Arc::clone(&self.file), at, len);
        stream::try_unfold(start, |(file, at, left)| async move {
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
            if size == 0 {
                return Ok(None);
            }
            let reading = Arc::clone(&file);
            let read = tokio::task::spawn_blocking(move || {
                let mut chunk = vec![0; size];
                reading.read_exact_at(&mut chunk, at)?;
                io::Result::Ok(chunk)
            });
            let chunk = read.await.map_err(io::Error::other)??;
            let next = (file, at + size as u64, left - size as u64);
            Ok(Some((Bytes::from(chunk), next)))
        })
    }
}

fn header(len: u64, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(len);
    header.set_mode(mode);
    header
}

/// Adds the regular files of a pushed tar.
fn add(builder: &mut tar::Builder<File>, from: impl Read, count: &mut usize) -> Result<(), String> {
    let broken = |error: io::Error| format!("a pushed context is no tar archive: {error}");
    let mut archive = tar::Archive::new(from);
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = below(&name)
            .ok_or_else(|| format!("a pushed context has a file outside of it: {name:?}"))?;
        if path == "Dockerfile" {
            continue;
        }
        *count += 1;
        if *count > FILES_MAX {
            return Err(format!("a context may have {FILES_MAX} files"));
        }
        let mode = entry.header().mode().unwrap_or(0o644) & 0o7777;
        let len = entry.size();
        let mut header = header(len, mode);
        builder
            .append_data(&mut header, &path, entry.take(len))
            .map_err(broken)?;
    }
    Ok(())
}

/// A path below the context, without what leads nowhere.
fn below(name: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?.to_owned()),
            Component::CurDir | Component::RootDir => {}
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// What is in our own tar file, the last of a name only.
fn index(file: &mut File) -> io::Result<Vec<ContextFile>> {
    file.seek(SeekFrom::Start(0))?;
    let mut files = indexmap::IndexMap::new();
    for entry in tar::Archive::new(&*file).entries_with_seek()? {
        let entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let found = ContextFile {
            path: path.clone(),
            mode: entry.header().mode()?,
            len: entry.size(),
            at: entry.raw_file_position(),
        };
        files.insert(path, found);
    }
    Ok(files.into_values().collect())
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    fn gathered(entries: &[(&str, tar::EntryType, &str)]) -> Result<Context, String> {
        let file = tempfile::tempfile().unwrap();
        let mut pushed = tar::Builder::new(Vec::new());
        for (name, kind, text) in entries {
            let mut header = header(text.len() as u64, 0o755);
            header.set_entry_type(*kind);
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            pushed.append(&header, text.as_bytes()).unwrap();
        }
        let bytes = pushed.into_inner().unwrap();
        let mut builder = tar::Builder::new(file);
        let mut count = 0;
        add(&mut builder, bytes.as_slice(), &mut count)?;
        let mut file = builder.into_inner().unwrap();
        Ok(Context {
            len: file.stream_position().unwrap(),
            files: index(&mut file).unwrap(),
            file: Arc::new(file),
        })
    }

    #[tokio::test]
    async fn only_regular_files_are_kept() {
        use tar::EntryType;
        let context = gathered(&[
            ("d/", EntryType::Directory, ""),
            ("./d/a", EntryType::Regular, "one"),
            ("link", EntryType::Symlink, ""),
            ("Dockerfile", EntryType::Regular, "FROM other"),
            ("/d/a", EntryType::Regular, "two"),
        ])
        .unwrap();
        let files = &context.files;
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!((files[0].path.as_str(), files[0].mode), ("d/a", 0o755));
        let bytes: Vec<Bytes> = context.bytes(&files[0]).try_collect().await.unwrap();
        assert_eq!(bytes.concat(), b"two");
    }

    #[test]
    fn what_leads_out_or_is_no_archive_is_refused() {
        let error = gathered(&[("../x", tar::EntryType::Regular, "")]).unwrap_err();
        assert!(error.contains("outside"), "{error}");
        let mut builder = tar::Builder::new(tempfile::tempfile().unwrap());
        let error = add(&mut builder, [7; 700].as_slice(), &mut 0).unwrap_err();
        assert!(error.contains("no tar archive"), "{error}");
    }

    #[test]
    fn the_dockerfile_is_there_by_itself() {
        let context = Context::gather("FROM a\n", &[]).unwrap();
        assert_eq!(context.files.len(), 1);
        assert_eq!(context.files[0].path, "Dockerfile");
    }
}
