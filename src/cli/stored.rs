//! A run read back from its journal and judged: what `run`, `report`, `gate` and `show` share.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::cli::corpus;
use crate::cli::exit::{DIFFERS, NOTHING, OK, Stop, UNJUDGED};
use crate::cli::sides::Sides;
use crate::compare::ledger::{Ledger, LedgerText, read_ledger};
use crate::compare::profile::{Profile, read_profile};
use crate::compare::verdict::{Conclusion, DecisionVerdict, DriftVerdict, Scope};
use crate::report::terminal::TerminalOptions;
use crate::report::{ReportInput, terminal, write_all};
use crate::run::conclude::{Judge, Terms, conclude_run, subjects};
use crate::scenario::render;
use crate::transcript::event::{StoredFile, StoredSince};
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
    pub(crate) fn read(dir: &Path, quirks: Option<&Path>) -> Result<Self, Stop> {
        Self::read_by(
            dir,
            &Other {
                quirks,
                ..Other::default()
            },
        )
    }

    /// Reads and judges a run by its own terms, but for those that are given.
    pub(crate) fn read_by(dir: &Path, other: &Other<'_>) -> Result<Self, Stop> {
        let run = read_journal(dir).map_err(|error| Stop::usage(error.to_string()))?;
        let files = match other.quirks {
            Some(path) => vec![corpus::read(path)?],
            None => run.started.ledger.clone(),
        };
        let profile = match (&other.profile, &run.started.profile) {
            (Some(profile), _) => Some(profile.clone()),
            (None, Some(stored)) => Some(profile(stored)?),
            (None, None) => None,
        };
        let terms = Terms {
            ledger: ledger(&files)?,
            profile,
            asked_at: other.asked_at.unwrap_or(run.started_at),
        };
        let conclusion =
            conclude_run(&run, &terms).map_err(|problems| Stop::usage(render(&problems)))?;
        let titles = terms.ledger.titles();
        Ok(Self {
            run,
            conclusion,
            titles,
        })
    }

    /// What the reports are made of.
    pub(crate) fn input(&self) -> ReportInput<'_> {
        ReportInput::new(&self.run, &self.conclusion, self.titles.clone())
    }

    /// Writes every report into the run's folder.
    pub(crate) fn write_reports(&self) -> Result<Vec<PathBuf>, Stop> {
        write_all(&self.run.dir, &self.input()).map_err(|error| Stop::unjudged(error.to_string()))
    }

    /// The report for a terminal.
    pub(crate) fn terminal(&self, colour: bool) -> String {
        terminal::render(&self.input(), shown(colour))
    }

    /// The exit code of a decision; a rehearsal decides nothing unless it was asked to.
    pub(crate) fn gate_exit(&self, rehearsal: bool) -> u8 {
        let decision = &self.conclusion.decision;
        if self.conclusion.drift.verdict == DriftVerdict::Nothing {
            return NOTHING;
        }
        if decision.scope == Scope::Rehearsal && !rehearsal {
            return UNJUDGED;
        }
        match decision.verdict {
            DecisionVerdict::Go | DecisionVerdict::GoWithLimits => OK,
            DecisionVerdict::NoGo => DIFFERS,
            DecisionVerdict::Inconclusive => UNJUDGED,
        }
    }
}

/// How a terminal shows a report.
pub(crate) const fn shown(colour: bool) -> TerminalOptions {
    TerminalOptions {
        color: colour,
        expand_known: false,
    }
}

/// The ledger of these files; every problem at once.
pub(crate) fn ledger(files: &[StoredFile]) -> Result<Ledger, Stop> {
    read_ledger(&texts(files)).map_err(|problems| Stop::usage(render(&problems)))
}

/// The profile of this file; every problem at once.
pub(crate) fn profile(file: &StoredFile) -> Result<Profile, Stop> {
    read_profile(&file.file, &file.text).map_err(|problems| Stop::usage(render(&problems)))
}

/// Ledger files as the ledger's reader takes them.
pub(crate) fn texts(files: &[StoredFile]) -> Vec<LedgerText<'_>> {
    files
        .iter()
        .map(|file| LedgerText {
            file: &file.file,
            text: &file.text,
        })
        .collect()
}

/// The judge of a run that is about to begin.
pub(crate) fn judge(ledger: Ledger, sides: &Sides, now: Timestamp) -> Judge {
    let subjects = subjects(
        &sides.subject(cutover_base::side::Side::Source),
        &sides.subject(cutover_base::side::Side::Target),
        sides.engine.as_deref(),
        sides.capabilities.iter().cloned().collect(),
    );
    Judge {
        ledger,
        subjects,
        now,
    }
}

/// What an earlier run had seen, for `--since`.
pub(crate) fn since(dir: &Path) -> Result<StoredSince, Stop> {
    let judged = Judged::read(dir, None)?;
    let divergences = judged
        .conclusion
        .divergences
        .iter()
        .map(|divergence| {
            let first = divergence.first_seen.unwrap_or(judged.run.started_at);
            (divergence.fingerprint.clone(), first)
        })
        .collect();
    Ok(StoredSince {
        run: judged.run.started.run.clone(),
        divergences,
    })
}
