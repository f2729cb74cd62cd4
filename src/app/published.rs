//! A run whose reports are written and held no secret, or had it taken out.

use std::path::PathBuf;

use cutover_base::redact::Redactor;

use crate::app::error::AppError;
use crate::app::judged::Judged;
use crate::report::{scan, withhold};

/// A run that is told.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) judged: Judged,
    /// Artefacts that held a secret; none should.
    pub(crate) withheld: Vec<PathBuf>,
}

impl Published {
    /// Writes every report, and looks for secrets once more.
    ///
    /// # Errors
    /// When a report cannot be written, or an artefact cannot be scanned.
    pub(crate) fn new(judged: Judged, redactor: &Redactor) -> Result<Self, AppError> {
        judged.write_reports()?;
        let unscanned = |error| AppError::failed(format!("{error}"));
        let findings = scan(&judged.run.dir, redactor).map_err(unscanned)?;
        withhold(&findings, redactor).map_err(unscanned)?;
        let withheld = findings.into_iter().map(|finding| finding.file).collect();
        Ok(Self { judged, withheld })
    }
}
