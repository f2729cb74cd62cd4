//! Files of a sandbox, kept as a tar file on disk: never whole in memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use tempfile::{NamedTempFile, TempPath};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::io::StreamReader;

/// Pieces in which an archive is read and written.
const CHUNK_BYTES: usize = 256 * 1024;

/// A finished tar file, which goes with this value unless it lies under a path of its own. Without a
/// name it vanishes even when the stand-in is killed.
#[derive(Debug)]
pub(crate) struct Archive {
    file: Arc<File>,
    /// Its name until it is kept under another, if it has one.
    part: Option<TempPath>,
    /// Bytes.
    pub(crate) len: u64,
}

impl Archive {
    /// Writes a stream of any length to a file without a name.
    ///
    /// # Errors
    /// When it breaks off, or the file cannot be written.
    pub(crate) async fn unnamed(from: Box<dyn AsyncRead + Send + Unpin>) -> io::Result<Self> {
        Self::written(tempfile::tempfile()?, None, from).await
    }

    /// Writes a stream to a file in a folder, so that it can be kept there; without a folder the file
    /// has no name.
    ///
    /// # Errors
    /// When the stream breaks off or has more than `bytes_max` bytes, or the file cannot be written.
    pub(crate) async fn bounded(
        folder: Option<&Path>,
        from: Box<dyn AsyncRead + Send + Unpin>,
        bytes_max: u64,
    ) -> io::Result<Self> {
        let (file, part) = match folder {
            None => (tempfile::tempfile()?, None),
            Some(folder) => {
                let named = NamedTempFile::with_prefix_in(".part-", folder)?;
                let (file, part) = named.into_parts();
                (file, Some(part))
            }
        };
        let from = Box::new(from.take(bytes_max.saturating_add(1)));
        let archive = Self::written(file, part, from).await?;
        if archive.len > bytes_max {
            return Err(io::Error::other(format!("more than {bytes_max} bytes")));
        }
        Ok(archive)
    }

    async fn written(
        file: File,
        part: Option<TempPath>,
        from: Box<dyn AsyncRead + Send + Unpin>,
    ) -> io::Result<Self> {
        let len = copy(from, file.try_clone()?).await?;
        Ok(Self {
            file: Arc::new(file),
            part,
            len,
        })
    }

    /// Opens one that lies under this path, and stays there.
    ///
    /// # Errors
    /// When it is not there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        Ok(Self {
            len: file.metadata()?.len(),
            file: Arc::new(file),
            part: None,
        })
    }

    /// Keeps it under this path of the folder that it was written in.
    ///
    /// # Errors
    /// When it has no name, or none can be given to it.
    pub(crate) fn persist(self, path: &Path) -> io::Result<()> {
        match self.part {
            Some(part) => part.persist(path).map_err(|error| error.error),
            None => Err(io::Error::other("an archive without a name has no path")),
        }
    }

    /// Writes it to a new file that only its owner may read: it may hold secrets.
    ///
    /// # Errors
    /// When the file is there already or cannot be written.
    pub(crate) async fn save(&self, path: &Path) -> io::Result<()> {
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        copy(self.reader(), options.open(path)?).await.map(|_| ())
    }

    /// Its bytes from the start, for a thread that may block.
    pub(crate) fn blocking_reader(&self) -> impl io::Read + Send + 'static {
        At {
            file: Arc::clone(&self.file),
            at: 0,
        }
    }

    /// Its bytes from the start; many may read at once, and read on when it is gone.
    pub(crate) fn reader(&self) -> Box<dyn AsyncRead + Send + Unpin> {
        let file = Arc::clone(&self.file);
        let chunks = stream::try_unfold((file, 0), |(file, at)| async move {
            let reading = Arc::clone(&file);
            let read = tokio::task::spawn_blocking(move || {
                let mut chunk = vec![0; CHUNK_BYTES];
                let len = reading.read_at(&mut chunk, at)?;
                chunk.truncate(len);
                io::Result::Ok(chunk)
            });
            let chunk = read.await.map_err(io::Error::other)??;
            let next = at + chunk.len() as u64;
            Ok::<_, io::Error>((!chunk.is_empty()).then(|| (Bytes::from(chunk), (file, next))))
        });
        Box::new(StreamReader::new(Box::pin(chunks)))
    }
}

/// Reads a file from a place of its own.
struct At {
    file: Arc<File>,
    at: u64,
}

impl io::Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Copies a stream into a file; how many bytes.
async fn copy(mut from: Box<dyn AsyncRead + Send + Unpin>, to: File) -> io::Result<u64> {
    let mut to = tokio::fs::File::from_std(to);
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut len = 0;
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            to.flush().await?;
            return Ok(len);
        }
        to.write_all(&buffer[..read]).await?;
        len += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn bytes_of(archive: &Archive) -> Vec<u8> {
        let mut bytes = Vec::new();
        archive.reader().read_to_end(&mut bytes).await.unwrap();
        bytes
    }

    #[tokio::test]
    async fn an_archive_is_read_by_many_and_saved_where_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..=255).cycle().take(CHUNK_BYTES * 2 + 7).collect();
        let from = Box::new(io::Cursor::new(bytes.clone()));
        let archive = Archive::unnamed(from).await.unwrap();
        assert_eq!(archive.len, bytes.len() as u64);
        let (first, second) = tokio::join!(bytes_of(&archive), bytes_of(&archive));
        assert!(first == bytes && second == bytes);
        let path = folder.path().join("a.tar");
        archive.save(&path).await.unwrap();
        assert!(archive.save(&path).await.is_err(), "nothing is overwritten");
        assert!(bytes_of(&Archive::open(&path).unwrap()).await == bytes);
    }
    #[tokio::test]
    async fn an_archive_of_a_folder_is_kept_there_or_goes() {
        let folder = tempfile::tempdir().unwrap();
        let write = async |bytes: &'static [u8], bytes_max| {
            Archive::bounded(Some(folder.path()), Box::new(bytes), bytes_max).await
        };
        let names = || std::fs::read_dir(folder.path()).unwrap().count();
        let error = write(b"12345", 4).await.unwrap_err();
        assert_eq!(error.to_string(), "more than 4 bytes");
        drop(write(b"1234", 4).await.unwrap());
        assert_eq!(names(), 0, "nothing is left");
        let archive = write(b"1234", 4).await.unwrap();
        let reader = archive.reader();
        let path = folder.path().join("a.tar");
        archive.persist(&path).unwrap();
        assert_eq!(names(), 1);
        assert_eq!(bytes_of(&Archive::open(&path).unwrap()).await, b"1234");
        std::fs::remove_file(&path).unwrap();
        let mut read = String::new();
        { reader }.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, "1234");
        let unnamed = Archive::bounded(None, Box::new(&b"1"[..]), 4)
            .await
            .unwrap();
        assert!(unnamed.persist(&path).is_err());
    }
}
