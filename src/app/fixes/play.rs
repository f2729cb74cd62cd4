//! The blocked cases of a stored run, replayed with some fixes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cutover_base::by_side::BySide;
use cutover_base::clock::Clock;

use crate::app::corpus::Corpus;
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::files;
use crate::app::fixes::request::FixesRequest;
use crate::app::fixes::search::Set;
use crate::app::fixes::stacks::Stacks;
use crate::app::judged::Judged;
use crate::app::limits::{Limits, replays};
use crate::app::observe::Silent;
use crate::app::perform::{Performance, RunTerms};
use crate::app::published::Published;
use crate::app::resume::said;
use crate::app::seal::seal;
use crate::app::side_settings::SideSettings;
use crate::app::sides::Sides;
use crate::app::signals;
use crate::call::Stack;
use crate::compare::answer::{Conclusion, DecisionVerdict, DriftVerdict};
use crate::compare::conclude::{Blocked, blocked};
use crate::compare::verdict::Verdict;
use crate::plan::Plan;
use crate::transcript::event::{StoredSelection, StoredSubject};
use crate::transcript::{StoredRun, create_run_folder};

/// The capability of a run whose sandboxes reach the network.
const NETWORK: &str = "network";

/// What a replay came to.
#[derive(Debug)]
pub(super) struct Played {
    /// What blocks in it.
    pub(super) blocked: Vec<Blocked>,
    /// The answer for these cases; that the ledger's entries are no longer seen changes nothing.
    pub(super) verdict: DecisionVerdict,
    /// What keeps it open, if that is the answer.
    pub(super) open: Vec<String>,
}

/// Replays the same cases, each time with other fixes.
pub(super) struct Player<'a> {
    pub(super) stored: &'a StoredRun,
    pub(super) stacks: &'a Stacks,
    /// The cases that are replayed.
    pub(super) cases: &'a BTreeSet<String>,
    pub(super) request: &'a FixesRequest,
    pub(super) environment: &'a Environment,
}

impl Player<'_> {
    /// Replays the cases, in a folder that goes with the replay unless one is kept.
    ///
    /// # Errors
    /// When a case cannot be played or judged, when a signal comes, and when a folder to be kept cannot
    /// be written.
    pub(super) async fn play(&self, fixes: &Set) -> Result<Played, AppError> {
        let conclusion = if let Some(out) = &self.request.out {
            let folder = create_run_folder(out, &Clock::new()).map_err(|error| {
                AppError::usage(format!("{error}; choose another folder with --out"))
            })?;
            let (judged, sides) = self.perform(fixes, &folder.id, &folder.path).await?;
            let published = Published::new(judged, None, &sides.redactor)?;
            published.judged.conclusion
        } else {
            let folder = tempfile::tempdir()
                .map_err(|error| AppError::failed(format!("a temporary folder: {error}")))?;
            let (judged, _) = self.perform(fixes, "fixes", folder.path()).await?;
            judged.conclusion
        };
        played(&conclusion)
    }

    async fn perform(
        &self,
        fixes: &Set,
        id: &str,
        dir: &Path,
    ) -> Result<(Judged, Sides), AppError> {
        let started = &self.stored.started;
        let mut corpus = Corpus::of_run(self.stored)?;
        if let Some(quirks) = &self.request.quirks {
            corpus.ledger_files = vec![files::read(quirks)?];
        }
        let mut sides = Sides::open(&self.sides(fixes), self.environment).await?;
        seal(&mut corpus, None, &mut sides, self.environment)?;
        let plan = self.plan(&corpus, &sides)?;
        let performance = Performance {
            corpus,
            sides: &sides,
            plan,
            dir,
            settings: Limits::jobs(self.request.jobs).settings(
                id.to_owned(),
                &sides,
                Clock::new(),
                replays(&started.replays)?,
                started.seed,
            ),
            terms: RunTerms {
                noise_limit: started.noise_limit,
                volatile_refused: started.volatile_refused,
                faults: started.faults.clone(),
                sharded: started.sharded,
                selection: Some(self.selection()),
                ..RunTerms::default()
            },
            resumed: false,
        };
        let judged = performance
            .perform(self.environment, &Silent::shared())
            .await?;
        Ok((judged, sides))
    }

    /// The run's sides, but for their stacks.
    fn sides(&self, fixes: &Set) -> SideSettings {
        let started = &self.stored.started;
        let stacks = self.stacks.with(fixes);
        SideSettings {
            images: BySide::from_fn(|side| said(&started.args, &format!("--{side}-image"))),
            specs: BySide::from_fn(|side| spec(&started.subjects[side], &stacks[side])),
            engine: started.engine.clone().unwrap_or_else(|| "auto".to_owned()),
            allow_network: started.capabilities.iter().any(|name| name == NETWORK),
            memory_bytes_max: self.request.memory_bytes_max,
            faults: started.faults.clone(),
            platforms: BySide::default(),
            sessions: BySide::default(),
            mcp: None,
        }
    }

    fn plan(&self, corpus: &Corpus, sides: &Sides) -> Result<Plan, AppError> {
        let mut plan = corpus.plan_all(sides.means())?;
        plan.keep(|case| self.cases.contains(&case.id));
        let run = &self.stored.started.run;
        if plan.cases.len() < self.cases.len() {
            return Err(AppError::usage(format!(
                "{run} has cases that this version does not find in its scenarios; run anew"
            )));
        }
        let required: BTreeMap<&str, bool> = (self.stored.cases.iter())
            .map(|(id, case)| (id.as_str(), case.planned.required))
            .collect();
        for case in &mut plan.cases {
            case.required = required
                .get(case.id.as_str())
                .copied()
                .unwrap_or(case.required);
        }
        Ok(plan)
    }

    /// What a replay leaves out of its run.
    fn selection(&self) -> StoredSelection {
        let stored = &self.stored;
        let others = stored.cases.keys().filter(|id| !self.cases.contains(*id));
        let before = stored.started.selection.as_ref();
        let before = before.map(|selection| selection.left_out.as_slice());
        StoredSelection {
            by: vec![format!("the blocked cases of {}", stored.started.run)],
            left_out: others.chain(before.unwrap_or_default()).cloned().collect(),
            uncounted: false,
        }
    }
}

fn spec(subject: &StoredSubject, stack: &Stack) -> String {
    StoredSubject {
        stack: stack.to_string(),
        ..subject.clone()
    }
    .spec()
}

/// What the replay says; cases that could not be judged say nothing, and are an error.
fn played(conclusion: &Conclusion) -> Result<Played, AppError> {
    match conclusion.drift.verdict {
        DriftVerdict::Interrupted(number) => {
            let name = signals::name(number);
            return Err(AppError::Interrupted { number, name });
        }
        DriftVerdict::SecretFound => {
            let why = "a secret was found in a replay, and taken out";
            return Err(AppError::failed(why));
        }
        _ => {}
    }
    let is_unjudged = |verdict: Verdict| {
        verdict.is_aside() || matches!(verdict, Verdict::HarnessError | Verdict::ProviderError)
    };
    let mut cases = conclusion.cases.iter();
    if let Some(case) = cases.find(|case| is_unjudged(case.verdict)) {
        return Err(AppError::failed(format!(
            "{} could not be judged when it was replayed: {}: {}",
            case.case, case.verdict, case.reason
        )));
    }
    let blocked = blocked(conclusion);
    let decision = &conclusion.decision;
    let stale = conclusion.drift.reasons.iter();
    let stale: Vec<&String> = stale
        .filter(|(verdict, _)| *verdict == DriftVerdict::Stale)
        .map(|(_, said)| said)
        .collect();
    let open = decision.reasons.iter();
    let open: Vec<String> = open.filter(|said| !stale.contains(said)).cloned().collect();
    let (verdict, open) = match decision.verdict {
        DecisionVerdict::Inconclusive if open.is_empty() => {
            (DecisionVerdict::GoWithLimits, Vec::new())
        }
        DecisionVerdict::Inconclusive => (DecisionVerdict::Inconclusive, open),
        other => (other, Vec::new()),
    };
    Ok(Played {
        blocked,
        verdict,
        open,
    })
}
