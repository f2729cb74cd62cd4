//! A run whose reports are written and hold no secret, or had it taken out.

use std::path::{Path, PathBuf};

use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;

use crate::app::error::AppError;
use crate::app::judged::Judged;
use crate::report::{Finding, scan, scan_files, withhold};
use crate::transcript::event::EventKind;
use crate::transcript::journal::JournalWriter;

/// A run that is told.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) judged: Judged,
    /// Artefacts that held a secret; none should.
    pub(crate) withheld: Vec<PathBuf>,
}

impl Published {
    /// Looks for secrets in the run's folder, writes every report, and looks at those. A secret is
    /// taken out and journaled, so that drift, decision and every later reader know of it.
    ///
    /// # Errors
    /// When a report cannot be written, or an artefact cannot be scanned.
    pub(crate) fn new(
        judged: Judged,
        quirks: Option<&Path>,
        redactor: &Redactor,
    ) -> Result<Self, AppError> {
        let unscanned = |error| AppError::failed(format!("{error}"));
        let dir = judged.run.dir.clone();
        let findings = scan(&dir, redactor).map_err(unscanned)?;
        let mut withheld = Vec::new();
        let mut judged = withheld_in(findings, judged, quirks, redactor, &mut withheld)?;
        // What is found in the reports changes what they say, once.
        for _ in 0..2 {
            let written = judged.write_reports()?;
            let findings = scan_files(written, redactor).map_err(unscanned)?;
            if findings.is_empty() {
                break;
            }
            judged = withheld_in(findings, judged, quirks, redactor, &mut withheld)?;
        }
        withheld.sort();
        withheld.dedup();
        Ok(Self { judged, withheld })
    }
}

/// Takes secrets out, journals where they were and judges again.
fn withheld_in(
    findings: Vec<Finding>,
    judged: Judged,
    quirks: Option<&Path>,
    redactor: &Redactor,
    withheld: &mut Vec<PathBuf>,
) -> Result<Judged, AppError> {
    if findings.is_empty() {
        return Ok(judged);
    }
    withhold(&findings, redactor).map_err(|error| AppError::failed(format!("{error}")))?;
    let dir = &judged.run.dir;
    let files: Vec<PathBuf> = findings.into_iter().map(|finding| finding.file).collect();
    let names = files.iter().map(|file| {
        let within = file.strip_prefix(dir).unwrap_or(file);
        within.display().to_string()
    });
    let files_found = EventKind::SecretFound {
        files: names.collect(),
    };
    let written = JournalWriter::resume(dir, Clock::new()).and_then(|journal| {
        journal.hide(redactor.clone());
        journal.write(files_found)
    });
    written.map_err(|error| AppError::failed(error.to_string()))?;
    withheld.extend(files);
    Judged::read(dir, quirks)
}
