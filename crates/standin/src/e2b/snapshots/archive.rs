//! An archive of files on its way to disk and back, never whole in memory.

use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use tempfile::{NamedTempFile, TempPath};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use crate::engine::EngineError;

/// A complete archive in a file of its own, which goes with this value unless it is kept. Without a
/// folder the file has no name, and goes even when the stand-in is killed.
#[derive(Debug)]
pub(crate) struct Archive {
    file: std::fs::File,
    path: Option<TempPath>,
}

impl Archive {
    /// Writes a stream to a new file; at most so many bytes.
    pub(crate) async fn spool(
        folder: Option<&Path>,
        stream: Box<dyn AsyncRead + Send + Unpin>,
        bytes_max: u64,
    ) -> Result<Self, EngineError> {
        let internal = |error: io::Error| EngineError::Internal(format!("keep archive: {error}"));
        let (file, path) = new_file(folder).map_err(internal)?;
        let mut writer = File::from_std(file.try_clone().map_err(internal)?);
        let mut stream = stream.take(bytes_max + 1);
        let written = tokio::io::copy(&mut stream, &mut writer)
            .await
            .map_err(internal)?;
        if written > bytes_max {
            let text = format!("keep archive: more than {bytes_max} bytes");
            return Err(EngineError::Internal(text));
        }
        writer.flush().await.map_err(internal)?;
        Ok(Self { file, path })
    }

    /// Its bytes from the start.
    pub(crate) async fn open(&self) -> Result<Box<dyn AsyncRead + Send + Unpin>, EngineError> {
        // Opened anew through the descriptor, so that every reader has a place of its own.
        let path = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        open(Path::new(&path)).await
    }

    /// Keeps it under this path.
    pub(super) fn keep(self, path: &Path) -> io::Result<()> {
        match self.path {
            Some(own) => own.persist(path).map_err(|error| error.error),
            None => Err(io::Error::other("an archive without a name has no path")),
        }
    }
}

fn new_file(folder: Option<&Path>) -> io::Result<(std::fs::File, Option<TempPath>)> {
    let Some(folder) = folder else {
        return Ok((tempfile::tempfile()?, None));
    };
    let (file, path) = NamedTempFile::with_prefix_in(".part-", folder)?.into_parts();
    Ok((file, Some(path)))
}

/// The bytes of an archive from the start.
pub(super) async fn open(path: &Path) -> Result<Box<dyn AsyncRead + Send + Unpin>, EngineError> {
    let file = File::open(path)
        .await
        .map_err(|error| EngineError::Internal(format!("open archive: {error}")))?;
    Ok(Box::new(file))
}
