//! A run from its first journal line to its verdicts: played, journaled and judged.

use std::collections::HashSet;
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use cutover_base::blob::BlobStore;

use crate::app::corpus::Corpus;
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::judged::Judged;
use crate::app::observe::Observer;
use crate::app::sides::Sides;
use crate::app::signals::{self, Signals};
use crate::plan::Plan;
use crate::run::{Playing, RunSettings, run_cases};
use crate::transcript::event::{
    EventKind, RunEnded, RunStarted, StoredFile, StoredScenario, StoredSelection, StoredSince,
};
use crate::transcript::folder::BLOBS_DIR;
use crate::transcript::journal::JournalWriter;

/// What is run, by whom, and where it is written.
#[derive(Debug)]
pub(crate) struct Performance<'a> {
    pub(crate) corpus: Corpus,
    pub(crate) sides: &'a Sides,
    pub(crate) plan: Plan,
    /// The run's folder, which is there.
    pub(crate) dir: &'a Path,
    pub(crate) settings: RunSettings,
    pub(crate) terms: RunTerms,
    /// Whether the journal of an interrupted run is gone on with.
    pub(crate) resumed: bool,
}

/// What a run is judged by, as its journal keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunTerms {
    /// What an earlier run had seen.
    pub(crate) since: Option<StoredSince>,
    /// Fields of noise that are allowed.
    pub(crate) noise_limit: u32,
    /// Whether fields that agree only without parts which are new in every replay count as noise.
    pub(crate) volatile_refused: bool,
    /// What the stand-ins were told to get wrong.
    pub(crate) faults: Vec<String>,
    /// Whether only a part is run, of which staleness is not judged.
    pub(crate) sharded: bool,
    /// Which shard, if it is one.
    pub(crate) shard: Option<String>,
    /// What was selected of the cases there are.
    pub(crate) selection: Option<StoredSelection>,
    /// What GO means, if it was frozen.
    pub(crate) profile: Option<StoredFile>,
}

impl Performance<'_> {
    /// Runs, and reads the verdicts from the journal. An interrupted run is judged as far as it
    /// came.
    pub(crate) async fn perform(
        self,
        environment: &Environment,
        observer: &Arc<dyn Observer>,
    ) -> Result<Judged, AppError> {
        let clock = self.settings.clock.clone();
        let open = if self.resumed {
            JournalWriter::resume
        } else {
            JournalWriter::create
        };
        let journal = open(self.dir, clock.clone()).map_err(|error| {
            let error = AppError::usage(error.to_string());
            // A resumption that cannot begin has made nothing; a new run has its folder.
            if self.resumed {
                error
            } else {
                error.after_create()
            }
        })?;
        journal.hide(self.sides.redactor.clone());
        let unwritten = |error| AppError::failed(format!("{error}"));
        let started = self.started(environment);
        journal
            .write(EventKind::RunStarted(Box::new(started)))
            .map_err(unwritten)?;
        let signals = Signals::watch()?;
        observer.begins(self.plan.cases.len());
        let hearer = Arc::clone(observer);
        let playing = Playing {
            stage: Arc::new(self.sides.stage.clone()),
            journal: journal.clone(),
            blobs: BlobStore::new(self.dir.join(BLOBS_DIR), self.sides.redactor.clone()),
            judge: self.sides.judge(self.corpus.ledger.clone(), clock.now()),
            progress: Arc::new(move |event| hearer.hears(event)),
            cancelled: signals.cancelled.clone(),
        };
        let ended = run_cases(self.settings, &self.plan.cases, playing).await;
        observer.ends();
        // The journal has all that is judged; of many cases the scenarios are large.
        drop((self.plan, self.corpus));
        let ended = ended.map_err(|error| cut_short(self.dir, &error))?;
        // What was refused once is missing, even if later lines found room.
        if let Some(error) = journal.failure() {
            return Err(cut_short(self.dir, &error));
        }
        let interrupted = signals
            .received()
            .map(|number| signals::name(number).to_owned());
        let ended = RunEnded {
            interrupted,
            ..ended
        };
        journal
            .write(EventKind::RunEnded(Box::new(ended)))
            .map_err(unwritten)?;
        if !journal.path().exists() {
            return Err(AppError::failed(format!(
                "`{}` was removed while the run went on: nothing of it can be judged",
                journal.path().display()
            )));
        }
        Judged::read(self.dir, None).map_err(AppError::after_create)
    }

    fn started(&self, environment: &Environment) -> RunStarted {
        let (sides, terms) = (self.sides, self.terms.clone());
        RunStarted {
            run: self.settings.id.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            args: environment
                .args
                .iter()
                .map(|arg| sides.redactor.text(arg))
                .collect(),
            seed: self.settings.seed,
            replays: self.settings.replays.to_string(),
            engine: sides.engine.clone(),
            capabilities: sides.capabilities.iter().cloned().collect(),
            subjects: sides.subjects(),
            scenarios: scenarios(&self.plan),
            ledger: self.corpus.ledger_files.clone(),
            not_reproduced: self.corpus.not_reproduced_file.clone(),
            on_request: self.corpus.on_request(),
            profile: terms.profile,
            since: terms.since,
            orphans: self.corpus.orphans(),
            sharded: terms.sharded,
            shard: terms.shard,
            selection: terms.selection,
            noise_limit: terms.noise_limit,
            volatile_refused: terms.volatile_refused,
            faults: terms.faults,
        }
    }
}

/// A journal that takes no more ends the run: what was judged until then is shown, as far as it
/// was written, since no report can be.
fn cut_short(dir: &Path, error: &dyn Display) -> AppError {
    let seen = match Judged::read(dir, None) {
        Ok(judged) => format!("what was written until then:\n{}", judged.terminal(false)),
        Err(unread) => unread.to_string(),
    };
    AppError::failed(format!("{error}\n{seen}"))
}

/// Every selected scenario, once.
fn scenarios(plan: &Plan) -> Vec<StoredScenario> {
    let mut scenarios: Vec<StoredScenario> = Vec::new();
    let mut known: HashSet<&str> = HashSet::new();
    for case in &plan.cases {
        let scenario = &case.scenario;
        if known.insert(&scenario.name) {
            scenarios.push(StoredScenario {
                name: scenario.name.clone(),
                file: scenario.file.display().to_string(),
                sha256: scenario.sha256.clone(),
                text: scenario.text.to_string(),
            });
        }
    }
    scenarios
}
