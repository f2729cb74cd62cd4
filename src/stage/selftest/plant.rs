//! One planted difference or noise.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use cutover_base::by_side::BySide;
use cutover_standin::fault::Tamper;

use crate::call::{Lane, Provider, SideSpec, Stack, Surface};
use crate::compare::subjects::Subjects;
use crate::compare::verdict::Verdict;
use crate::plan::{Case, PlanOptions, plan};
use crate::scenario::{parse_one, render};
use crate::stage::standin_subjects;

/// What is planted, where, and what the judge must say.
#[derive(Debug, Clone)]
pub struct Plant {
    /// Its name, which is the scenario's name too.
    pub name: &'static str,
    /// The provider of both sides.
    pub provider: Provider,
    /// The scenario, as a user would write it.
    pub scenario: String,
    /// Changes the target's messages; noise needs nobody.
    pub tamper: Option<Arc<dyn Tamper>>,
    /// What must come of it.
    pub expected: Expected,
}

/// What the judge must say of a plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A new divergence.
    Divergence,
    /// The target varies.
    UnstableTarget,
    /// Identical or equivalent.
    Nothing,
}

impl Plant {
    /// The plant as a case.
    ///
    /// # Errors
    /// When its scenario has a mistake, which is a bug of the self-test.
    pub fn case(&self) -> Result<Case, String> {
        let scenario = parse_one(self.name, Path::new("(planted)"), &self.scenario)
            .map_err(|problems| render(&problems))?;
        let options = PlanOptions {
            surfaces: vec![Surface::Provider],
            ..PlanOptions::default()
        };
        let plan = plan(&[Arc::new(scenario)], &options).map_err(|error| error.to_string())?;
        plan.cases
            .into_iter()
            .next()
            .ok_or_else(|| format!("{} makes no case", self.name))
    }

    /// Both sides: the plant's provider.
    pub fn subjects(&self) -> Subjects {
        let side = SideSpec {
            provider: self.provider,
            lane: Lane::Standin,
            stack: Stack::default(),
        };
        standin_subjects(BySide::from_fn(|_| &side), "selftest", &BTreeSet::new())
    }
}

impl Expected {
    /// Whether a verdict is what was expected.
    pub fn fits(self, verdict: Verdict) -> bool {
        match self {
            Self::Divergence => verdict == Verdict::NewDivergence,
            Self::UnstableTarget => verdict == Verdict::UnstableTarget,
            Self::Nothing => matches!(verdict, Verdict::Identical | Verdict::Equivalent),
        }
    }
}
