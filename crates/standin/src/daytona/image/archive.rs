//! Files of a sandbox, kept as a tar file: what an image holds beyond the built-in root.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::io::StreamReader;

/// Pieces in which an archive is read and written.
const CHUNK_BYTES: usize = 256 * 1024;

/// A finished tar file. Without a name of its own it vanishes with the stand-in, even when that is
/// killed.
#[derive(Debug)]
pub(in crate::daytona) struct Archive {
    file: Arc<File>,
    /// Bytes.
    pub(in crate::daytona) len: u64,
}

impl Archive {
    /// Keeps a stream until its end, in a file without a name.
    ///
    /// # Errors
    /// When it breaks off, or the file cannot be written.
    pub(in crate::daytona) async fn keep(
        from: Box<dyn AsyncRead + Send + Unpin>,
    ) -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        let len = copy(from, file.try_clone()?).await?;
        Ok(Self {
            file: Arc::new(file),
            len,
        })
    }

    /// Opens one that was saved.
    ///
    /// # Errors
    /// When it is not there.
    pub(in crate::daytona) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        Ok(Self {
            len: file.metadata()?.len(),
            file: Arc::new(file),
        })
    }

    /// Writes it to a file that only its owner may read: it may hold secrets.
    ///
    /// # Errors
    /// When the file is there already or cannot be written.
    pub(in crate::daytona) async fn save(&self, path: &Path) -> io::Result<()> {
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        copy(self.reader(), options.open(path)?).await.map(|_| ())
    }

    /// Its bytes from the start; many may read at once.
    pub(in crate::daytona) fn reader(&self) -> Box<dyn AsyncRead + Send + Unpin> {
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
        let archive = Archive::keep(from).await.unwrap();
        assert_eq!(archive.len, bytes.len() as u64);
        let (first, second) = tokio::join!(bytes_of(&archive), bytes_of(&archive));
        assert!(first == bytes && second == bytes);
        let path = folder.path().join("a.tar");
        archive.save(&path).await.unwrap();
        assert!(archive.save(&path).await.is_err(), "nothing is overwritten");
        assert!(bytes_of(&Archive::open(&path).unwrap()).await == bytes);
    }
}
