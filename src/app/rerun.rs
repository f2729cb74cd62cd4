//! Run again: the cases that an earlier run did not find in order, run anew.

use std::collections::BTreeSet;
use std::path::Path;

use cutover_base::by_side::BySide;

use crate::app::error::AppError;
use crate::app::judged::Judged;
use crate::app::side_settings::SideSettings;
use crate::compare::verdict::Verdict;
use crate::plan::Plan;
use crate::transcript::event::StoredSubject;

/// What an earlier run left to do.
#[derive(Debug)]
pub(crate) struct Rerun {
    run: String,
    specs: BySide<String>,
    cases: BTreeSet<String>,
}

impl Rerun {
    /// Reads the earlier run and takes the cases that differ or could not be judged. What its
    /// machine could not do (`unsupported`) is tried again as well.
    pub(crate) fn read(dir: &Path) -> Result<Self, AppError> {
        let judged = Judged::read(dir, None)?;
        let in_order = |verdict| {
            matches!(
                verdict,
                Verdict::Identical | Verdict::Equivalent | Verdict::KnownDivergence
            )
        };
        let cases: BTreeSet<String> = judged
            .conclusion
            .cases
            .iter()
            .filter(|case| !in_order(case.verdict))
            .map(|case| case.case.clone())
            .collect();
        let run = judged.run.started.run.clone();
        if cases.is_empty() {
            return Err(AppError::nothing(format!(
                "nothing to run again: every case of {run} is in order"
            )));
        }
        Ok(Self {
            run,
            specs: judged
                .run
                .started
                .subjects
                .as_ref()
                .map(StoredSubject::spec),
            cases,
        })
    }

    /// The earlier run's id.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// The sides of the earlier run.
    pub(crate) fn sides(&self, settings: &SideSettings) -> SideSettings {
        SideSettings {
            specs: self.specs.clone(),
            ..settings.clone()
        }
    }

    /// Keeps those cases in the plan. A case that is not there any more is a mistake: it would
    /// otherwise pass for settled.
    pub(crate) fn narrow(&self, plan: &mut Plan) -> Result<(), AppError> {
        plan.keep(|case| self.cases.contains(&case.id));
        let planned: BTreeSet<&str> = plan.cases.iter().map(|case| case.id.as_str()).collect();
        let lost: Vec<&str> = self
            .cases
            .iter()
            .map(String::as_str)
            .filter(|case| !planned.contains(case))
            .collect();
        if lost.is_empty() {
            return Ok(());
        }
        Err(AppError::usage(format!(
            "{} had cases that are not selected here any more: {}",
            self.run,
            lost.join(", ")
        )))
    }
}
