//! A rehearsal in one value: the scenarios and ledger of a folder, both stand-ins, one engine. For
//! test harnesses, which run one case at a time.

use std::path::Path;
use std::sync::Arc;

use cutover_base::blob::BlobStore;
use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;
use cutover_standin::engine::{EngineError, EngineSettings};
use tokio_util::sync::CancellationToken;

use crate::call::Surface;
use crate::compare::RunFacts;
use crate::compare::conclude::conclude;
use crate::compare::ledger::{LedgerText, read_ledger};
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::driver::http::HttpClients;
use crate::plan::{Case, PlanOptions, plan};
use crate::report::terminal::TerminalOptions;
use crate::report::{ReportInput, whole_case};
use crate::run::conclude::Judge;
use crate::run::play_once;
use crate::scenario::{LoadOptions, load, render};
use crate::stage::{
    EngineChoice, SideStage, StandinPlan, TwoSides, capabilities, choose_engine, default_sides,
    standin_subjects,
};

/// Why a rehearsal could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The engine cannot be used here.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Scenarios or ledger have mistakes: all of them, with their places.
    #[error("{0}")]
    Problems(String),
}

/// Everything that judging a case needs.
#[derive(Debug)]
pub struct Rehearsal {
    cases: Vec<Case>,
    stage: Arc<TwoSides>,
    judge: Judge,
}

impl Rehearsal {
    /// Loads a scenario folder with its ledger and makes both stand-ins ready. `helper` is the
    /// path of the `cutover` program.
    ///
    /// # Errors
    /// When the folder has mistakes, or the engine cannot be used here.
    pub async fn open(root: &Path, helper: &Path) -> Result<Self, RehearsalError> {
        let loaded = load(&[root.to_path_buf()], &LoadOptions::default())
            .map_err(|problems| RehearsalError::Problems(render(&problems)))?;
        let scenarios = loaded.scenarios;
        let path = root.join("quirks.yaml");
        let text = std::fs::read_to_string(&path)
            .map_err(|error| RehearsalError::Problems(format!("{}: {error}", path.display())))?;
        let ledger = read_ledger(&[LedgerText {
            file: &path.display().to_string(),
            text: &text,
        }])
        .map_err(|problems| RehearsalError::Problems(render(&problems)))?;
        let engine = choose_engine(EngineChoice::Auto, &EngineSettings::new(helper)).await?;
        let clients = HttpClients::new();
        let specs = default_sides();
        let has = engine.capabilities();
        let met = capabilities(specs.as_ref(), Some(&has), false);
        let options = PlanOptions {
            surfaces: Surface::ALL.to_vec(),
            capabilities: met.clone(),
            sides: Some(specs.clone()),
            ..PlanOptions::default()
        };
        let cases = plan(&scenarios, &options)
            .map_err(|error| RehearsalError::Problems(error.to_string()))?
            .cases;
        let stage = Arc::new(TwoSides(specs.as_ref().map(|spec| {
            let plan = StandinPlan::new(spec.provider, Arc::clone(&engine), clients.clone());
            SideStage::Standin(Box::new(plan))
        })));
        let subjects = standin_subjects(specs.as_ref(), engine.name(), &met);
        let judge = Judge {
            ledger,
            subjects,
            now: Clock::new().now(),
        };
        Ok(Self {
            cases,
            stage,
            judge,
        })
    }

    /// The cases at all surfaces, those with unmet requirements included.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Plays and judges one case.
    ///
    /// # Errors
    /// Says what differs and is not in the ledger, with both sides, or what could not be judged.
    pub async fn judge(&self, case: &Case) -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let blobs = BlobStore::new(folder.path().join("blobs"), Redactor::noop());
        let verdict = play_once(
            case,
            Arc::clone(&self.stage) as _,
            folder.path(),
            blobs,
            self.judge.clone(),
            Clock::new(),
            CancellationToken::new(),
        )
        .await
        .map_err(|error| error.to_string())?;
        match verdict.verdict {
            Verdict::Identical | Verdict::Equivalent | Verdict::KnownDivergence => Ok(()),
            _ => Err(self.failure(verdict)),
        }
    }

    /// What differs and is not in the ledger, or what could not be judged, with both sides.
    fn failure(&self, verdict: CaseVerdict) -> String {
        let now = Clock::new().now();
        let facts = RunFacts::plain(self.judge.subjects.clone(), now, 1);
        let conclusion = conclude(vec![verdict], &self.judge.ledger, &facts);
        let titles = self.judge.ledger.titles();
        let input = ReportInput::without_run(&conclusion, titles, now);
        let all = |case| whole_case(&input, case, TerminalOptions::default()).to_string();
        conclusion.cases.iter().map(all).collect()
    }
}
