//! `cutover selftest`: proves that the judge finds what is planted and raises nothing else; with
//! `--swap`, that the ledger notices when the two stand-ins exchange their shells.

use std::collections::BTreeSet;

use std::path::Path;
use std::sync::Arc;

use cutover_base::blob::BlobStore;
use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;
use cutover_standin::engine::Engine;

use crate::call::Provider;
use crate::cli::args::{SelectArgs, SelftestArgs};
use crate::cli::context::{Context, print};
use crate::cli::corpus::Corpus;
use crate::cli::exit::{DIFFERS, OK, Outcome, Stop};
use crate::cli::signals::Signals;
use crate::compare::ledger::{EntryKind, Ledger};
use crate::compare::verdict::{CaseVerdict, DriftVerdict, Verdict};
use crate::driver::http::HttpClients;
use crate::run::conclude::Judge;
use crate::run::{Stage, play_once};
use crate::stage::rehearsal::standin_subjects;
use crate::stage::selftest::{Plant, PlantStage, plants};
use crate::stage::{EngineChoice, SideStage, StandinPlan, TwoSides, capabilities, choose_engine};

/// Entries that must notice exchanged shells (`selftest --swap`).
const SWAPPED_ENTRIES_MIN: usize = 8;

pub(crate) async fn run(args: &SelftestArgs, context: &Context) -> Outcome {
    let choice: EngineChoice = args.engine.parse().map_err(Stop::usage)?;
    let engine = choose_engine(choice, &context.program)
        .await
        .map_err(|error| Stop::usage(error.to_string()))?;
    let signals = Signals::watch()?;
    if args.swap {
        swap(&engine, &signals).await
    } else {
        planted(&engine, &signals).await
    }
}

async fn planted(engine: &Arc<dyn Engine>, signals: &Signals) -> Outcome {
    let plants = plants();
    let clients = HttpClients::new();
    let stage: Arc<dyn Stage> = Arc::new(PlantStage::new(&plants, engine, &clients));
    let mut wrong = 0;
    for plant in &plants {
        let verdict = one(plant, Arc::clone(&stage), signals).await?;
        let fits = plant.expected.fits(verdict.verdict);
        wrong += usize::from(!fits);
        let mark = if fits { "ok" } else { "WRONG" };
        print(&format!(
            "{mark:>5}  {}: {} ({})\n",
            plant.name, verdict.verdict, verdict.reason
        ))?;
    }
    print(&format!(
        "{} plants, {wrong} judged wrongly\n",
        plants.len()
    ))?;
    Ok(if wrong == 0 { OK } else { DIFFERS })
}

async fn one(plant: &Plant, stage: Arc<dyn Stage>, signals: &Signals) -> Result<CaseVerdict, Stop> {
    let case = plant.case().map_err(Stop::unjudged)?;
    let clock = Clock::new();
    let judge = Judge {
        ledger: Ledger::default(),
        subjects: plant.subjects(),
        now: clock.now(),
    };
    play(&case, stage, judge, clock, signals).await
}

async fn play(
    case: &crate::plan::Case,
    stage: Arc<dyn Stage>,
    judge: Judge,
    clock: Clock,
    signals: &Signals,
) -> Result<CaseVerdict, Stop> {
    let folder = tempfile::tempdir()
        .map_err(|error| Stop::unjudged(format!("a temporary folder: {error}")))?;
    let dir: &Path = folder.path();
    let blobs = BlobStore::new(dir.join("blobs"), Redactor::noop());
    let verdict = play_once(
        case,
        stage,
        dir,
        blobs,
        judge,
        clock,
        signals.cancelled.clone(),
    )
    .await;
    if let Some(number) = signals.received() {
        let code = DriftVerdict::Interrupted(number).exit_code();
        return Err(Stop {
            code,
            message: format!("interrupted by SIG{}", Signals::name(number)),
        });
    }
    verdict.map_err(|error| Stop::unjudged(error.to_string()))
}

/// Runs the shipped scenarios with exchanged shells: what the ledger says of the providers is then
/// wrong, and it must say so.
async fn swap(engine: &Arc<dyn Engine>, signals: &Signals) -> Outcome {
    let corpus = Corpus::load(&SelectArgs::default())?;
    let clients = HttpClients::new();
    let side = |provider| {
        let plan = StandinPlan::new(provider, Arc::clone(engine), clients.clone());
        SideStage::Standin(Box::new(StandinPlan {
            swap_shell: true,
            ..plan
        }))
    };
    let stage: Arc<dyn Stage> = Arc::new(TwoSides {
        source: side(Provider::E2b),
        target: side(Provider::Daytona),
    });
    let (source, target) = crate::stage::default_sides();
    let has = engine.capabilities();
    let met = capabilities(&source, &target, Some(&has), false);
    let select = SelectArgs {
        surface: vec!["provider".to_owned()],
        ..SelectArgs::default()
    };
    let plan = corpus.plan(&select, &met, BTreeSet::new())?;
    let mut noticed = BTreeSet::new();
    let now = Clock::new().now();
    for case in plan.cases.iter().filter(|case| case.unmet.is_empty()) {
        let about = about(&corpus.ledger, &case.id);
        if about.is_empty() {
            continue;
        }
        let judge = Judge {
            ledger: corpus.ledger.clone(),
            subjects: standin_subjects(&source, &target, engine.name(), &met),
            now,
        };
        let verdict = play(case, Arc::clone(&stage), judge, Clock::new(), signals).await?;
        // Entries that nothing could show are not noticed: a dead stand-in proves nothing.
        if matches!(
            verdict.verdict,
            Verdict::HarnessError | Verdict::ProviderError
        ) {
            let why = format!("{} could not be judged: {}", case.id, verdict.reason);
            return Err(Stop::unjudged(why));
        }
        noticed.extend(unlike(&verdict, &about));
    }
    for (id, how) in &noticed {
        print(&format!("{id}: {how}\n"))?;
    }
    let entries: BTreeSet<&String> = noticed.iter().map(|(id, _)| id).collect();
    print(&format!(
        "{} entries reported stale or differing; at least {SWAPPED_ENTRIES_MIN} must be\n",
        entries.len()
    ))?;
    Ok(if entries.len() >= SWAPPED_ENTRIES_MIN {
        OK
    } else {
        DIFFERS
    })
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
        .filter(|entry| entry.shapes.iter().any(|shape| shape.case.matches(case)))
        .map(|entry| entry.id.clone())
        .collect()
}
