//! Proves that the judge finds what is planted and raises nothing else, and that the ledger notices
//! when the two stand-ins exchange their shells.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use cutover_base::blob::BlobStore;
use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;
use cutover_standin::engine::Engine;

use crate::app::corpus::{Corpus, Means, Select};
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::settings::UserSettings;
use crate::app::signals::{self, Signals};
use crate::compare::ledger::{EntryKind, Ledger};
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::driver::http::HttpClients;
use crate::plan::Case;
use crate::run::conclude::Judge;
use crate::run::{Stage, play_once};
use crate::stage::selftest::{Plant, PlantStage, plants};
use crate::stage::{
    EngineChoice, SideStage, StandinPlan, TwoSides, capabilities, choose_engine, default_sides,
    standin_subjects,
};

/// Entries that must notice exchanged shells.
pub(crate) const SWAPPED_ENTRIES_MIN: usize = 8;

/// What the judge said of a plant.
#[derive(Debug)]
pub(crate) struct JudgedPlant {
    pub(crate) name: &'static str,
    pub(crate) verdict: CaseVerdict,
    /// Whether it is what had to come of it.
    pub(crate) fits: bool,
}

/// The self-test, ready to run.
#[derive(Debug)]
pub(crate) struct Selftest {
    engine: Arc<dyn Engine>,
    settings: UserSettings,
    signals: Signals,
}

impl Selftest {
    /// Starts the engine of the stand-ins' sandboxes.
    ///
    /// # Errors
    /// When there is no such engine, or it cannot be used here.
    pub(crate) async fn new(engine: &str, environment: &Environment) -> Result<Self, AppError> {
        let choice: EngineChoice = engine.parse().map_err(AppError::Usage)?;
        let engine = choose_engine(choice, &environment.engine())
            .await
            .map_err(|error| AppError::usage(error.to_string()))?;
        let signals = Signals::watch()?;
        Ok(Self {
            engine,
            settings: environment.settings.clone(),
            signals,
        })
    }

    /// Plays every plant, telling each as soon as it is judged.
    ///
    /// # Errors
    /// When a plant cannot be played, and what `tell` gives.
    pub(crate) async fn planted<E: From<AppError>>(
        &self,
        mut tell: impl FnMut(&JudgedPlant) -> Result<(), E>,
    ) -> Result<(), E> {
        let plants = plants();
        let clients = HttpClients::new();
        let stage: Arc<dyn Stage> = Arc::new(PlantStage::new(&plants, &self.engine, &clients));
        for plant in &plants {
            let verdict = self.one(plant, Arc::clone(&stage)).await?;
            tell(&JudgedPlant {
                name: plant.name,
                fits: plant.expected.fits(verdict.verdict),
                verdict,
            })?;
        }
        Ok(())
    }

    async fn one(&self, plant: &Plant, stage: Arc<dyn Stage>) -> Result<CaseVerdict, AppError> {
        let case = plant.case().map_err(AppError::Failed)?;
        let judge = Judge {
            ledger: Ledger::default(),
            subjects: plant.subjects(),
            now: Clock::new().now(),
        };
        self.play(&case, stage, judge).await
    }

    async fn play(
        &self,
        case: &Case,
        stage: Arc<dyn Stage>,
        judge: Judge,
    ) -> Result<CaseVerdict, AppError> {
        let folder = tempfile::tempdir()
            .map_err(|error| AppError::failed(format!("a temporary folder: {error}")))?;
        let dir: &Path = folder.path();
        let blobs = BlobStore::new(dir.join("blobs"), Redactor::noop());
        let cancelled = self.signals.cancelled.clone();
        let verdict = play_once(case, stage, dir, blobs, judge, Clock::new(), cancelled).await;
        if let Some(number) = self.signals.received() {
            let name = signals::name(number);
            return Err(AppError::Interrupted { number, name });
        }
        verdict.map_err(|error| AppError::failed(error.to_string()))
    }

    /// Runs the cases of the ledger with exchanged shells, and gives the entries that notice, with
    /// how: what the ledger says of the providers is then wrong, and it must say so.
    ///
    /// # Errors
    /// When a case cannot be played or judged.
    pub(crate) async fn swapped(&self) -> Result<BTreeSet<(String, String)>, AppError> {
        let corpus = Corpus::load(&Select::default(), &self.settings)?;
        let clients = HttpClients::new();
        let specs = default_sides();
        let stage: Arc<dyn Stage> = Arc::new(TwoSides(specs.as_ref().map(|spec| {
            let plan = StandinPlan::new(spec.provider, Arc::clone(&self.engine), clients.clone());
            SideStage::Standin(Box::new(StandinPlan {
                swap_shell: true,
                ..plan
            }))
        })));
        let has = self.engine.capabilities();
        let met = capabilities(specs.as_ref(), Some(&has), false);
        let select = Select {
            surfaces: vec!["provider".to_owned()],
            ..Select::default()
        };
        let plan = corpus.plan(
            &select,
            Means {
                capabilities: met.clone(),
                sides: Some(specs.clone()),
            },
            BTreeSet::new(),
        )?;
        let mut noticed = BTreeSet::new();
        let now = Clock::new().now();
        for case in plan.cases.iter().filter(|case| case.unmet.is_empty()) {
            let about = about(&corpus.ledger, &case.id);
            if about.is_empty() {
                continue;
            }
            let judge = Judge {
                ledger: corpus.ledger.clone(),
                subjects: standin_subjects(specs.as_ref(), self.engine.name(), &met),
                now,
            };
            let verdict = self.play(case, Arc::clone(&stage), judge).await?;
            // Entries that nothing could show are not noticed: a dead stand-in proves nothing.
            if matches!(
                verdict.verdict,
                Verdict::HarnessError | Verdict::ProviderError
            ) {
                let why = format!("{} could not be judged: {}", case.id, verdict.reason);
                return Err(AppError::failed(why));
            }
            noticed.extend(unlike(&verdict, &about));
        }
        Ok(noticed)
    }
}

/// The entries about a case that what was seen does not fit: those a divergence differs from, and
/// those that nothing matched.
fn unlike(verdict: &CaseVerdict, about: &[String]) -> Vec<(String, String)> {
    let fields = || verdict.steps.iter().flat_map(|step| &step.fields);
    let matched: Vec<&String> = fields().filter_map(|field| field.quirk.as_ref()).collect();
    let differing = fields().filter(|field| field.verdict == Some(Verdict::NewDivergence));
    let mut unlike: Vec<(String, String)> = differing
        .filter_map(|field| field.differs_from.clone())
        .map(|id| (id, "differing".to_owned()))
        .collect();
    for id in about {
        if !matched.contains(&id) && unlike.iter().all(|(known, _)| known != id) {
            unlike.push((id.clone(), "stale".to_owned()));
        }
    }
    unlike
}

/// Ids of the divergences that speak of a case.
fn about(ledger: &Ledger, case: &str) -> Vec<String> {
    ledger
        .entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::Divergence)
        .filter(|entry| {
            let mut shapes = entry.shapes.iter();
            shapes.any(|shape| shape.place.is_of_case(case))
        })
        .map(|entry| entry.id.clone())
        .collect()
}
