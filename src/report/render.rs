//! Writing all reports into a run folder.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::report::input::ReportInput;
use crate::report::{decision, html, json, junit, markdown, repro};
use crate::transcript::folder::BLOBS_DIR;

/// Why a report could not be written. Always names the file.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file could not be written.
    #[error("cannot write the report `{}`: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// The text could not be made.
    #[error("cannot render the report `{}`: {message}", path.display())]
    Render {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

/// Writes `report.json`, `decision.json`, `junit.xml`, `summary.md`, `comment.md` and
/// `report.html` into `dir`, a scenario for each new divergence into `dir/repro`, and the values
/// that they cut into `dir/blobs`. Returns the files,
/// without the blobs. Each file appears whole or not at all.
///
/// # Errors
/// When a file cannot be written; those before it are there.
pub fn write_all(dir: &Path, input: &ReportInput<'_>) -> Result<Vec<PathBuf>, ReportError> {
    let mut written = vec![write_report(dir, input)?];
    written.push(write_json(
        dir.join("decision.json"),
        &decision::build(input),
    )?);
    let path = dir.join("junit.xml");
    let text = junit::render(input).map_err(|error| render_error(&path, &error))?;
    written.push(write_text(path, &text)?);
    let budgets = [
        ("summary.md", markdown::SUMMARY_BYTES_MAX),
        ("comment.md", markdown::COMMENT_BYTES_MAX),
    ];
    for (name, bytes_max) in budgets {
        written.push(write_text(
            dir.join(name),
            &markdown::render(input, bytes_max),
        )?);
    }
    let path = dir.join("report.html");
    let text = html::render(input).map_err(|error| render_error(&path, &error))?;
    written.push(write_text(path, &text)?);
    let repros = repro::of(input, dir);
    let folder = dir.join(repro::REPRO_DIR);
    if !repros.is_empty() {
        let made = fs::create_dir_all(&folder);
        made.map_err(|error| ReportError::Write {
            path: folder.clone(),
            error,
        })?;
    }
    for repro in repros {
        written.push(write_text(folder.join(repro.name), &repro.text)?);
    }
    Ok(written)
}

fn render_error(path: &Path, error: &dyn std::error::Error) -> ReportError {
    ReportError::Render {
        path: path.to_owned(),
        message: error.to_string(),
    }
}

/// A blob is named by its content: one that is there is right.
fn write_blob(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    whole(path, |file| file.write_all(bytes))
}

fn write_text(path: PathBuf, text: &str) -> Result<PathBuf, ReportError> {
    match whole(&path, |file| file.write_all(text.as_bytes())) {
        Ok(()) => Ok(path),
        Err(error) => Err(ReportError::Write { path, error }),
    }
}

/// Writes `report.json`, and the values that it cuts.
fn write_report(dir: &Path, input: &ReportInput<'_>) -> Result<PathBuf, ReportError> {
    let blobs = dir.join(BLOBS_DIR);
    let mut unwritten = None;
    let mut sink = |sha256: &str, bytes: &[u8]| {
        if unwritten.is_none() {
            let path = blobs.join(sha256);
            unwritten = write_blob(&path, bytes).err().map(|error| (path, error));
        }
    };
    let path = dir.join("report.json");
    let done = whole(&path, |file| {
        let mut buffered = BufWriter::new(file);
        json::write(input, &mut sink, &mut buffered)?;
        buffered.write_all(b"\n")?;
        buffered.flush()
    });
    if let Some((path, error)) = unwritten {
        return Err(ReportError::Write { path, error });
    }
    match done {
        Ok(()) => Ok(path),
        Err(error) => Err(ReportError::Write { path, error }),
    }
}

fn write_json(path: PathBuf, value: &impl Serialize) -> Result<PathBuf, ReportError> {
    let written = whole(&path, |file| {
        let mut buffered = BufWriter::new(file);
        serde_json::to_writer_pretty(&mut buffered, value)?;
        buffered.write_all(b"\n")?;
        buffered.flush()
    });
    match written {
        Ok(()) => Ok(path),
        Err(error) => Err(ReportError::Write { path, error }),
    }
}

/// Writes a file under another name and moves it into place.
fn whole(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut made = tempfile::Builder::new()
        .prefix(".writing-")
        .permissions(readable())
        .tempfile_in(folder)?;
    write(made.as_file_mut())?;
    made.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Reports are for others to read; temporary files by default are not. The user's mask still
/// narrows it.
fn readable() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}
