//! Captured bytes with bounded memory: a head in memory, the rest in a content-addressed file.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::limits::BLOB_INLINE_BYTES_MAX;
use crate::redact::{RedactStream, Redactor};

/// A captured value: its length, its hash and where its bytes are. Already redacted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Blob {
    /// Length in bytes.
    pub len: u64,
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
    data: BlobData,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum BlobData {
    Inline(Bytes),
    File(PathBuf),
}

impl Blob {
    /// A blob of bytes that are in memory anyway. Not redacted: for data of our own.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            len: bytes.len() as u64,
            sha256: sha256_hex(&bytes),
            data: BlobData::Inline(bytes),
        }
    }

    /// A blob whose bytes lie in a file of known length and hash (a stored run).
    pub fn from_file(path: PathBuf, len: u64, sha256: String) -> Self {
        Self {
            len,
            sha256,
            data: BlobData::File(path),
        }
    }

    /// The bytes, if they are in memory.
    pub fn inline(&self) -> Option<&Bytes> {
        match &self.data {
            BlobData::Inline(bytes) => Some(bytes),
            BlobData::File(_) => None,
        }
    }

    /// The file that holds the bytes, if they are not in memory.
    pub fn file(&self) -> Option<&PathBuf> {
        match &self.data {
            BlobData::Inline(_) => None,
            BlobData::File(path) => Some(path),
        }
    }

    /// Opens the bytes for reading from the start.
    ///
    /// # Errors
    /// When the file of a large blob cannot be opened.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match &self.data {
            BlobData::Inline(bytes) => Box::new(io::Cursor::new(bytes.clone())),
            BlobData::File(path) => Box::new(File::open(path)?),
        })
    }

    /// The first `max` bytes.
    ///
    /// # Errors
    /// When the file of a large blob cannot be read.
    pub fn head(&self, max: usize) -> io::Result<Bytes> {
        match &self.data {
            BlobData::Inline(bytes) => Ok(bytes.slice(..bytes.len().min(max))),
            BlobData::File(path) => {
                let mut head = Vec::with_capacity(max.min(1 << 20));
                File::open(path)?.take(max as u64).read_to_end(&mut head)?;
                Ok(Bytes::from(head))
            }
        }
    }
}

/// Where large captures of a run are kept, and the redactor that every byte passes.
#[derive(Debug, Clone)]
pub struct BlobStore {
    dir: Arc<PathBuf>,
    redactor: Redactor,
}

impl BlobStore {
    /// A store that keeps its files in `dir` (made when first needed).
    pub fn new(dir: PathBuf, redactor: Redactor) -> Self {
        Self {
            dir: Arc::new(dir),
            redactor,
        }
    }

    /// The redactor of this store.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Starts a capture.
    pub fn writer(&self) -> BlobWriter {
        BlobWriter {
            store: self.clone(),
            redact: self.redactor.stream(),
            hash: Sha256::new(),
            len: 0,
            head: Vec::new(),
            spill: None,
        }
    }

    /// Captures bytes that came as one piece.
    ///
    /// # Errors
    /// When a large capture cannot be written to its file.
    pub fn put(&self, bytes: &[u8]) -> io::Result<Blob> {
        let mut writer = self.writer();
        writer.push(bytes)?;
        writer.finish()
    }

    /// A capture of what another store holds.
    ///
    /// # Errors
    /// When a large capture cannot be read from its file or written to ours.
    pub fn copy(&self, blob: &Blob) -> io::Result<Blob> {
        let mut reader = blob.open()?;
        let mut writer = self.writer();
        let mut chunk = vec![0; COPY_BYTES];
        loop {
            match reader.read(&mut chunk)? {
                0 => return writer.finish(),
                count => writer.push(&chunk[..count])?,
            }
        }
    }
}

/// Bytes that a copy holds in memory at a time.
const COPY_BYTES: usize = 64 * 1024;

/// A capture under way. Memory stays under [`BLOB_INLINE_BYTES_MAX`] whatever comes.
#[derive(Debug)]
pub struct BlobWriter {
    store: BlobStore,
    redact: RedactStream,
    hash: Sha256,
    len: u64,
    head: Vec<u8>,
    spill: Option<NamedTempFile>,
}

impl BlobWriter {
    /// Adds bytes.
    ///
    /// # Errors
    /// When the spill file cannot be made or written (disk full).
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let safe = self.redact.push(bytes);
        self.append(&safe)
    }

    /// Bytes captured so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing was captured so far.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Ends the capture.
    ///
    /// # Errors
    /// When the spill file cannot be written or moved to its name.
    pub fn finish(mut self) -> io::Result<Blob> {
        let rest = self.redact.finish();
        self.append(&rest)?;
        let sha256 = hex(&self.hash.finalize());
        let data = match self.spill {
            None => BlobData::Inline(Bytes::from(self.head)),
            Some(mut file) => {
                file.flush()?;
                let path = self.store.dir.join(&sha256);
                file.persist(&path).map_err(|error| error.error)?;
                BlobData::File(path)
            }
        };
        Ok(Blob {
            len: self.len,
            sha256,
            data,
        })
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.len += bytes.len() as u64;
        if self.spill.is_none() && self.head.len() + bytes.len() > BLOB_INLINE_BYTES_MAX {
            std::fs::create_dir_all(self.store.dir.as_path())?;
            let mut file = NamedTempFile::new_in(self.store.dir.as_path())?;
            file.write_all(&std::mem::take(&mut self.head))?;
            self.spill = Some(file);
        }
        if let Some(file) = &mut self.spill {
            return file.write_all(bytes);
        }
        self.head.extend_from_slice(bytes);
        Ok(())
    }
}

/// SHA-256 of bytes, lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_capture_is_kept_in_a_file_named_by_its_hash() {
        let dir = tempfile::tempdir().unwrap();
        let store = BlobStore::new(dir.path().join("blobs"), Redactor::noop());
        let bytes = vec![b'a'; BLOB_INLINE_BYTES_MAX + 1];
        let mut writer = store.writer();
        for chunk in bytes.chunks(1000) {
            writer.push(chunk).unwrap();
        }
        let blob = writer.finish().unwrap();
        assert_eq!(blob.len, bytes.len() as u64);
        assert_eq!(blob.sha256, sha256_hex(&bytes));
        assert_eq!(
            blob.file().unwrap().file_name().unwrap().to_str().unwrap(),
            blob.sha256
        );
        let mut back = Vec::new();
        blob.open().unwrap().read_to_end(&mut back).unwrap();
        assert_eq!(back, bytes);
    }

    #[test]
    fn a_small_capture_touches_no_disk() {
        let dir = tempfile::tempdir().unwrap();
        let store = BlobStore::new(dir.path().join("blobs"), Redactor::noop());
        let blob = store.put(b"hello").unwrap();
        assert_eq!(blob.inline().unwrap().as_ref(), b"hello");
        assert!(!dir.path().join("blobs").exists());
    }
}
