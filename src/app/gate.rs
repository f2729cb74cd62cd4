//! The decision of one run or several: a pure function of journals, ledger, profile and the time at
//! which it is asked.

use std::path::{Path, PathBuf};

use cutover_base::clock::Clock;

use crate::app::error::AppError;
use crate::app::files;
use crate::app::judged::{Judged, Other};
use crate::compare::answer::{DecisionVerdict, DriftVerdict, Scope};
use crate::compare::conclude::gate_answer;
use crate::compare::profile::Profile;

/// What a gate says. A later one outweighs an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    /// Go, within limits or not.
    Go,
    /// Nothing was judged.
    Nothing,
    /// It could not be judged.
    Inconclusive,
    /// No.
    NoGo,
}

/// Runs that are decided on, and whether they agree.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Oldest first.
    pub(crate) runs: Vec<Judged>,
    /// Why they are not the runs of agreement that the profile wants, if they are not.
    pub(crate) disagreement: Option<String>,
    /// Whether a rehearsal is decided on as if it were the real thing.
    pub(crate) rehearsal: bool,
}

impl Gate {
    /// Reads and judges runs, with a ledger and a profile in the place of their own if given.
    ///
    /// # Errors
    /// When a run, the ledger or the profile cannot be read.
    pub(crate) fn read(
        dirs: &[PathBuf],
        quirks: Option<&Path>,
        profile: Option<&Path>,
        rehearsal: bool,
    ) -> Result<Self, AppError> {
        let profile = match profile {
            Some(path) => Some(files::profile(&files::read(path)?)?),
            None => None,
        };
        let now = Clock::new().now();
        let mut runs = Vec::new();
        for dir in dirs {
            let other = Other {
                quirks,
                profile: profile.clone(),
                asked_at: Some(now),
            };
            runs.push(Judged::read_by(dir, &other)?);
        }
        runs.sort_by_key(|judged| judged.run.started_at);
        let disagreement = match &profile {
            Some(profile) => disagreement(profile, &runs),
            None => disagreement_by_own(&runs)?,
        };
        Ok(Self {
            runs,
            disagreement,
            rehearsal,
        })
    }

    /// What it says of all runs together.
    pub(crate) fn answer(&self) -> Answer {
        let disagree = self.disagreement.iter().map(|_| Answer::Inconclusive);
        let runs = self.runs.iter().map(|judged| self.of(judged));
        runs.chain(disagree).max().unwrap_or(Answer::Nothing)
    }

    /// Why a run's own decision is not what is answered for it, if it is not.
    pub(crate) fn overruled(&self, judged: &Judged) -> Option<&'static str> {
        let is_rehearsal = judged.conclusion.decision.scope == Scope::Rehearsal;
        (is_rehearsal && !self.rehearsal).then_some(
            "a rehearsal is no evidence about the clouds (--rehearsal decides on it all the same)",
        )
    }

    fn of(&self, judged: &Judged) -> Answer {
        if judged.conclusion.drift.verdict == DriftVerdict::Nothing {
            return Answer::Nothing;
        }
        match gate_answer(&judged.conclusion.decision, self.rehearsal) {
            DecisionVerdict::Go | DecisionVerdict::GoWithLimits => Answer::Go,
            DecisionVerdict::NoGo => Answer::NoGo,
            DecisionVerdict::Inconclusive => Answer::Inconclusive,
        }
    }
}

/// Why runs do not agree as the profile of the newest one wants, if they do not.
fn disagreement_by_own(runs: &[Judged]) -> Result<Option<String>, AppError> {
    let newest = runs
        .last()
        .and_then(|judged| judged.run.started.profile.as_ref());
    let profile = newest.map(files::profile).transpose()?;
    Ok(profile.and_then(|profile| disagreement(&profile, runs)))
}

/// Why the last runs are not the run of agreement that the profile wants, if they are not. They
/// agree when they show the same divergences and come to the same decision.
fn disagreement(profile: &Profile, runs: &[Judged]) -> Option<String> {
    if runs.len() < profile.runs {
        return Some(format!(
            "the profile wants {} runs that agree; {} given",
            profile.runs,
            runs.len()
        ));
    }
    let came_to = |judged: &Judged| {
        let found = &judged.conclusion.divergences;
        let mut found: Vec<String> = found.iter().map(|d| d.fingerprint.clone()).collect();
        found.sort();
        (judged.conclusion.decision.verdict.name(), found)
    };
    let last = &runs[runs.len() - profile.runs..];
    let (newest, before) = last.split_last()?;
    let other = before.iter().find(|run| came_to(run) != came_to(newest))?;
    Some(format!(
        "the profile wants {} runs that agree; {} and {} do not show the same",
        profile.runs, other.run.started.run, newest.run.started.run
    ))
}
