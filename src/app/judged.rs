//! A run read back from its journal and judged: what most commands answer from.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::app::error::AppError;
use crate::app::files;
use crate::compare::answer::{Conclusion, Divergence};
use crate::compare::profile::Profile;
use crate::compare::verdict::CaseVerdict;
use crate::report::terminal::TerminalOptions;
use crate::report::{Painted, ReportInput, divergence, terminal, whole_case, write_all};
use crate::run::conclude::{Terms, conclude_run};
use crate::scenario::render;
use crate::transcript::event::{StoredPlace, StoredSince};
use crate::transcript::{StoredRun, read_journal};

/// A run and what it comes to.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) run: StoredRun,
    pub(crate) conclusion: Conclusion,
    titles: IndexMap<String, String>,
}

/// Terms that take the place of a run's own.
#[derive(Debug, Default)]
pub(crate) struct Other<'a> {
    /// A ledger.
    pub(crate) quirks: Option<&'a Path>,
    /// A profile.
    pub(crate) profile: Option<Profile>,
    /// When the decision is asked for; at the run's start if not said.
    pub(crate) asked_at: Option<Timestamp>,
}

impl Judged {
    /// Reads and judges a run, with its own ledger unless `quirks` names another.
    pub(crate) fn read(dir: &Path, quirks: Option<&Path>) -> Result<Self, AppError> {
        Self::read_by(
            dir,
            &Other {
                quirks,
                ..Other::default()
            },
        )
    }

    /// Reads and judges a run by its own terms, but for those that are given.
    pub(crate) fn read_by(dir: &Path, other: &Other<'_>) -> Result<Self, AppError> {
        let run = read_journal(dir).map_err(|error| AppError::usage(error.to_string()))?;
        let ledger_files = match other.quirks {
            Some(path) => vec![files::read(path)?],
            None => run.started.ledger.clone(),
        };
        let profile = match (&other.profile, &run.started.profile) {
            (Some(profile), _) => Some(profile.clone()),
            (None, Some(stored)) => Some(files::profile(stored)?),
            (None, None) => None,
        };
        let not_reproduced = files::not_reproduced(run.started.not_reproduced.as_ref())?;
        let terms = Terms {
            ledger: files::ledger(&ledger_files)?,
            not_reproduced: not_reproduced.iter().map(|one| one.id.clone()).collect(),
            profile,
            asked_at: other.asked_at.unwrap_or(run.started_at),
        };
        let conclusion =
            conclude_run(&run, &terms).map_err(|problems| AppError::usage(render(&problems)))?;
        let mut titles = terms.ledger.titles();
        titles.extend(not_reproduced.into_iter().map(|one| (one.id, one.title)));
        Ok(Self {
            run,
            conclusion,
            titles,
        })
    }

    /// What the reports are made of.
    fn input(&self) -> ReportInput<'_> {
        ReportInput::new(&self.run, &self.conclusion, self.titles.clone())
    }

    /// Writes every report into the run's folder.
    pub(crate) fn write_reports(&self) -> Result<Vec<PathBuf>, AppError> {
        write_all(&self.run.dir, &self.input()).map_err(|error| AppError::failed(error.to_string()))
    }

    /// The report for a terminal.
    pub(crate) fn terminal(&self, colour: bool) -> Painted {
        terminal::render(&self.input(), shown(colour))
    }

    /// One divergence for a terminal, by its fingerprint, or a whole case by its id, with both
    /// sides.
    ///
    /// # Errors
    /// When the run has neither.
    pub(crate) fn show(&self, what: &str, colour: bool) -> Result<Painted, AppError> {
        if let Some(case) = self.conclusion.cases.iter().find(|case| case.case == what) {
            return Ok(self.whole_case(case, colour));
        }
        let text = divergence(&self.input(), what, shown(colour));
        text.ok_or_else(|| {
            AppError::usage(format!(
                "run {} has no divergence and no case `{what}`; its {} divergences and {} cases \
                 are in report.json",
                self.run.started.run,
                self.conclusion.divergences.len(),
                self.conclusion.cases.len()
            ))
        })
    }

    /// A case for a terminal, with everything that both sides gave.
    pub(crate) fn whole_case(&self, case: &CaseVerdict, colour: bool) -> Painted {
        whole_case(&self.input(), case, shown(colour))
    }
}

/// How a terminal shows a report.
const fn shown(colour: bool) -> TerminalOptions {
    TerminalOptions {
        color: colour,
        expand_known: false,
    }
}

/// What an earlier run had seen, for `--since`.
pub(crate) fn since(dir: &Path) -> Result<StoredSince, AppError> {
    let judged = Judged::read(dir, None)?;
    let found = &judged.conclusion.divergences;
    let place = |divergence: &Divergence| StoredPlace {
        case: divergence.case.clone(),
        step: divergence.step.clone(),
    };
    let divergences = found
        .iter()
        .map(|divergence| {
            let first = divergence.first_seen.unwrap_or(judged.run.started_at);
            (divergence.fingerprint.clone(), first)
        })
        .collect();
    Ok(StoredSince {
        run: judged.run.started.run.clone(),
        divergences,
        places: found
            .iter()
            .map(|found| (found.fingerprint.clone(), place(found)))
            .collect(),
    })
}
