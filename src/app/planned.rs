//! A new run: planned before anything is created, then performed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use cutover_base::clock::Clock;

use crate::app::corpus::{Corpus, Select};
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::files;
use crate::app::judged;
use crate::app::limits::Limits;
use crate::app::observe::Observer;
use crate::app::perform::{Performance, RunTerms};
use crate::app::published::Published;
use crate::app::rerun::Rerun;
use crate::app::seal::seal;
use crate::app::selection::selection;
use crate::app::side_settings::SideSettings;
use crate::app::sides::Sides;
use crate::plan::Plan;
use crate::run::Replays;
use crate::transcript::create_run_folder;
use crate::transcript::event::{StoredFile, StoredSelection};

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct RunRequest {
    pub(crate) select: Select,
    pub(crate) sides: SideSettings,
    pub(crate) replays: Replays,
    pub(crate) limits: Limits,
    /// Seed of the start order of the sides; by chance if there is none.
    pub(crate) seed: Option<u64>,
    /// Where run folders are made.
    pub(crate) out: PathBuf,
    /// A run with which to compare what is new and gone.
    pub(crate) since: Option<PathBuf>,
    /// Fields of noise that are allowed.
    pub(crate) noise_limit: u32,
    /// Whether fields that agree only without parts which are new in every replay count as noise.
    pub(crate) volatile_refused: bool,
    /// The file of what GO means.
    pub(crate) profile: Option<PathBuf>,
    /// A run whose cases that were not in order are run again, with its sides.
    pub(crate) rerun: Option<PathBuf>,
}

/// A run that could begin.
#[derive(Debug)]
pub(crate) struct PlannedRun {
    pub(crate) request: RunRequest,
    pub(crate) sides: Sides,
    pub(crate) plan: Plan,
    pub(crate) corpus: Corpus,
    profile: Option<StoredFile>,
    /// What of the cases that there are it is.
    pub(crate) selection: StoredSelection,
}

impl PlannedRun {
    /// Checks everything, makes both sides ready, and plans. Nothing is created at a provider or on
    /// disk.
    ///
    /// # Errors
    /// For every mistake in what was asked for, and when no case is left.
    pub(crate) async fn new(
        request: RunRequest,
        environment: &Environment,
    ) -> Result<Self, AppError> {
        let mut corpus = Corpus::load(&request.select, &environment.settings)?;
        let again = request.rerun.as_deref().map(Rerun::read).transpose()?;
        let again_sides = again.as_ref().map(|again| again.sides(&request.sides));
        let side_settings = again_sides.as_ref().unwrap_or(&request.sides);
        let mut sides = Sides::open(side_settings, environment).await?;
        let mut profile = request.profile.as_deref().map(files::read).transpose()?;
        seal(&mut corpus, profile.as_mut(), &mut sides, environment)?;
        let required = match &profile {
            Some(file) => corpus.required(&files::profile(file)?)?,
            None => BTreeSet::new(),
        };
        let mut plan = corpus.plan(&request.select, sides.means(), required)?;
        if let Some(again) = &again {
            again.narrow(&mut plan)?;
        }
        if plan.cases.is_empty() {
            return Err(AppError::nothing(
                "no case is selected; `cutover list` shows what there is",
            ));
        }
        let rerun = again.as_ref().map(Rerun::run);
        let selection = selection(&corpus, &request.select, &sides.specs, &plan, rerun)?;
        Ok(Self {
            request,
            sides,
            plan,
            corpus,
            profile,
            selection,
        })
    }

    /// Runs in a folder of its own, and writes the reports.
    ///
    /// # Errors
    /// When no folder can be made, or the journal or a report cannot be written.
    pub(crate) async fn perform(
        self,
        environment: &Environment,
        observer: &Arc<dyn Observer>,
    ) -> Result<Published, AppError> {
        let request = self.request;
        let since = request.since.as_deref().map(judged::since).transpose()?;
        let clock = Clock::new();
        let folder = create_run_folder(&request.out, &clock).map_err(|error| {
            AppError::usage(format!("{error}; choose another folder with --out"))
        })?;
        let seed = request
            .seed
            .unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0));
        let id = folder.id.clone();
        let performance = Performance {
            corpus: self.corpus,
            sides: &self.sides,
            plan: self.plan,
            dir: &folder.path,
            settings: request
                .limits
                .settings(id, &self.sides, clock, request.replays, seed),
            terms: RunTerms {
                since,
                noise_limit: request.noise_limit,
                volatile_refused: request.volatile_refused,
                faults: request.sides.faults,
                sharded: request.select.shard.is_some(),
                shard: request.select.shard,
                selection: Some(self.selection),
                profile: self.profile,
            },
            resumed: false,
        };
        let judged = performance.perform(environment, observer).await?;
        Published::new(judged, None, &self.sides.redactor)
    }
}
