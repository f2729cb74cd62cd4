//! A run from its first journal line to its verdicts: what `run` and `try` share.

use std::path::Path;
use std::sync::Arc;

use cutover_base::blob::BlobStore;
use cutover_base::clock::Clock;
use cutover_base::side::Side;

use crate::cli::context::Context;
use crate::cli::corpus::Corpus;
use crate::cli::exit::Stop;
use crate::cli::progress::ProgressLine;
use crate::cli::sides::Sides;
use crate::cli::signals::Signals;
use crate::cli::stored::{self, Judged};
use crate::plan::Plan;
use crate::run::{Playing, RunError, RunSettings, run_cases};
use crate::transcript::event::{
    EventKind, RunEnded, RunStarted, StoredFile, StoredScenario, StoredSince,
};
use crate::transcript::folder::BLOBS_DIR;
use crate::transcript::journal::JournalWriter;

/// What is run, by whom, and where it is written.
#[derive(Debug)]
pub(crate) struct Performance<'a> {
    pub(crate) corpus: &'a Corpus,
    pub(crate) sides: &'a Sides,
    pub(crate) plan: &'a Plan,
    /// The run's folder, which is there.
    pub(crate) dir: &'a Path,
    pub(crate) settings: RunSettings,
    pub(crate) since: Option<StoredSince>,
    pub(crate) noise_limit: u32,
    pub(crate) faults: &'a [String],
    /// Whether only a part is run, of which staleness is not judged.
    pub(crate) sharded: bool,
    /// Which shard, if it is one.
    pub(crate) shard: Option<String>,
    /// Whether the journal of an interrupted run is gone on with.
    pub(crate) resumed: bool,
    /// What GO means, if it was frozen.
    pub(crate) profile: Option<StoredFile>,
    /// Whether progress is shown.
    pub(crate) progress: bool,
}

impl Performance<'_> {
    /// Runs, and reads the verdicts from the journal. An interrupted run is judged as far as it
    /// came.
    pub(crate) async fn perform(self, context: &Context) -> Result<Judged, Stop> {
        let clock = self.settings.clock.clone();
        let open = if self.resumed {
            JournalWriter::resume
        } else {
            JournalWriter::create
        };
        let journal =
            open(self.dir, clock.clone()).map_err(|error| Stop::usage(error.to_string()))?;
        let unwritten = |error| Stop::unjudged(format!("{error}"));
        let started = self.started(context);
        journal
            .write(EventKind::RunStarted(Box::new(started)))
            .map_err(unwritten)?;
        let signals = Signals::watch()?;
        let progress = ProgressLine::new(context, self.plan.cases.len(), self.progress);
        let playing = Playing {
            stage: Arc::new(self.sides.stage.clone()),
            journal: journal.clone(),
            blobs: BlobStore::new(self.dir.join(BLOBS_DIR), self.sides.redactor.clone()),
            judge: stored::judge(self.corpus.ledger.clone(), self.sides, clock.now()),
            progress: progress.sink(),
            cancelled: signals.cancelled.clone(),
        };
        let ended = run_cases(self.settings, &self.plan.cases, playing).await;
        progress.finish();
        let ended = ended.map_err(|error| cut_short(self.dir, &error))?;
        let interrupted = signals
            .received()
            .map(|number| Signals::name(number).to_owned());
        let ended = RunEnded {
            interrupted,
            ..ended
        };
        journal
            .write(EventKind::RunEnded(Box::new(ended)))
            .map_err(unwritten)?;
        Judged::read(self.dir, None)
    }

    fn started(&self, context: &Context) -> RunStarted {
        let sides = self.sides;
        RunStarted {
            run: self.settings.id.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            args: context
                .args
                .iter()
                .map(|arg| sides.redactor.text(arg))
                .collect(),
            seed: self.settings.seed,
            replays: self.settings.replays.to_string(),
            engine: sides.engine.clone(),
            capabilities: sides.capabilities.iter().cloned().collect(),
            source: sides.subject(Side::Source),
            target: sides.subject(Side::Target),
            scenarios: scenarios(self.plan),
            ledger: self.corpus.ledger_files.clone(),
            profile: self.profile.clone(),
            since: self.since.clone(),
            orphans: self.corpus.orphans(),
            sharded: self.sharded,
            shard: self.shard.clone(),
            noise_limit: self.noise_limit,
            faults: self.faults.to_vec(),
        }
    }
}

/// A journal that takes no more ends the run: what was judged until then is shown, as far as it
/// was written, since no report can be.
fn cut_short(dir: &Path, error: &RunError) -> Stop {
    let seen = match Judged::read(dir, None) {
        Ok(judged) => format!("what was written until then:\n{}", judged.terminal(false)),
        Err(stop) => stop.message,
    };
    Stop::unjudged(format!("{error}\n{seen}"))
}

/// Settings with everything ordinary; the caller changes what it was asked to.
pub(crate) fn settings(id: String, sides: &Sides, clock: Clock) -> RunSettings {
    RunSettings {
        id,
        clock,
        jobs: 8,
        replays: crate::run::Replays::Auto,
        seed: 0,
        fail_fast: None,
        bounds: sides.bounds(None),
        one_account: sides.one_account(),
        sandboxes_total: None,
        minutes_max: None,
        lanes: (sides.source.lane.to_string(), sides.target.lane.to_string()),
        providers: (
            sides.source.provider.name().to_owned(),
            sides.target.provider.name().to_owned(),
        ),
    }
}

/// Every selected scenario, once.
fn scenarios(plan: &Plan) -> Vec<StoredScenario> {
    let mut scenarios: Vec<StoredScenario> = Vec::new();
    for case in &plan.cases {
        let scenario = &case.scenario;
        if scenarios.iter().all(|stored| stored.name != scenario.name) {
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
