//! The last scan: no artefact of a run folder may hold a secret. What
//! redaction would change is a finding.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use cutover_base::redact::{RedactStream, Redactor};

use crate::transcript::folder::JOURNAL_FILE;
use crate::transcript::line_without_secrets;

/// Bytes read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// An artefact that holds a secret. It does not say which: nothing of a secret is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The artefact.
    pub file: PathBuf,
    /// Where the first secret begins at the latest, in bytes.
    pub offset: u64,
}

/// Why a scan could not be done. An artefact that was not scanned is not known to be clean.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`: {error}", path.display())]
pub struct ScanError {
    action: &'static str,
    path: PathBuf,
    #[source]
    error: io::Error,
}

/// Scans every file below `dir`, without following links, in bounded memory. One finding per
/// file, ordered by name.
///
/// # Errors
/// When a folder cannot be listed or a file cannot be read.
pub fn scan(dir: &Path, redactor: &Redactor) -> Result<Vec<Finding>, ScanError> {
    scan_files(files(dir)?, redactor)
}

/// Scans these files, in bounded memory. One finding per file, in their order.
///
/// # Errors
/// When a file cannot be read.
pub fn scan_files(files: Vec<PathBuf>, redactor: &Redactor) -> Result<Vec<Finding>, ScanError> {
    let mut findings = Vec::new();
    for file in files {
        let found = File::open(&file)
            .and_then(|opened| first_change(opened, redactor))
            .map_err(|error| fail("scan", &file, error))?;
        if let Some(offset) = found {
            findings.push(Finding { file, offset });
        }
    }
    Ok(findings)
}

/// Replaces each artefact of the findings by its redacted form, so that the secret is withheld and
/// the evidence kept. A blob keeps its name, which then is no longer its hash.
///
/// # Errors
/// When an artefact cannot be rewritten; it is then removed if that is possible.
pub fn withhold(findings: &[Finding], redactor: &Redactor) -> Result<(), ScanError> {
    for Finding { file, .. } in findings {
        rewrite(file, redactor).map_err(|error| {
            // Better no artefact than one with a secret in it.
            let _ = std::fs::remove_file(file);
            fail("withhold the secret in", file, error)
        })?;
    }
    Ok(())
}

fn rewrite(file: &Path, redactor: &Redactor) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut clean = tempfile::NamedTempFile::new_in(folder)?;
    let mut opened = File::open(file)?;
    if file.ends_with(JOURNAL_FILE) {
        // A journal must stay one: what is hidden is whole texts within its lines.
        let mut lines = BufReader::new(opened);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            let safe = line_without_secrets(&line, redactor);
            clean.write_all(&safe.unwrap_or_else(|_| redactor.bytes(&line)))?;
            line.clear();
        }
        clean.persist(file).map_err(|error| error.error)?;
        return Ok(());
    }
    let mut stream = redactor.stream();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = opened.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        clean.write_all(&stream.push(&chunk[..read]))?;
    }
    clean.write_all(&stream.finish())?;
    clean.persist(file).map_err(|error| error.error)?;
    Ok(())
}

fn files(dir: &Path) -> Result<Vec<PathBuf>, ScanError> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| fail("list", &folder, error))?;
        for entry in entries {
            let typed = entry.and_then(|entry| Ok((entry.file_type()?, entry.path())));
            let (kind, path) = typed.map_err(|error| fail("list", &folder, error))?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Where the first byte stands that redaction changes.
fn first_change(mut input: impl Read, redactor: &Redactor) -> io::Result<Option<u64>> {
    let mut compared = Compared {
        stream: redactor.stream(),
        waiting: Vec::new(),
        offset: 0,
    };
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = input.read(&mut chunk)?;
        if read == 0 {
            return Ok(compared.finish());
        }
        if let Some(offset) = compared.push(&chunk[..read]) {
            return Ok(Some(offset));
        }
    }
}

/// Holds what went into the redactor until it comes out again, to be compared. The redactor holds
/// back little, so this stays near one chunk.
struct Compared {
    stream: RedactStream,
    waiting: Vec<u8>,
    offset: u64,
}

impl Compared {
    fn push(&mut self, chunk: &[u8]) -> Option<u64> {
        self.waiting.extend_from_slice(chunk);
        let out = self.stream.push(chunk);
        self.compare(&out)
    }

    fn finish(mut self) -> Option<u64> {
        let out = self.stream.finish();
        let changed = self.compare(&out);
        let left = !self.waiting.is_empty();
        changed.or_else(|| left.then_some(self.offset))
    }

    fn compare(&mut self, out: &[u8]) -> Option<u64> {
        let same = self.waiting.iter().zip(out);
        let same = if self.waiting.starts_with(out) {
            out.len()
        } else {
            same.take_while(|(before, after)| before == after).count()
        };
        self.offset += same as u64;
        self.waiting.drain(..same);
        (same < out.len()).then_some(self.offset)
    }
}

fn fail(action: &'static str, path: &Path, error: io::Error) -> ScanError {
    ScanError {
        action,
        path: path.to_owned(),
        error,
    }
}
