//! `cutover run --resume RUN`: an interrupted run goes on in its own folder, with its own
//! scenarios, ledger, sides and seed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cutover_base::clock::Clock;

use crate::cli::args::{RunArgs, SidesArgs};
use crate::cli::context::{Context, tell};
use crate::cli::corpus::Corpus;
use crate::cli::exit::{Outcome, Stop};
use crate::cli::perform::Performance;
use crate::cli::run::{finish, replays, run_settings};
use crate::cli::sides::Sides;
use crate::plan::Plan;
use crate::run::{RunSettings, is_unfinished};
use crate::transcript::journal::is_being_written;
use crate::transcript::{StoredRun, read_journal};

pub(crate) async fn run(dir: &Path, args: &RunArgs, context: &Context) -> Outcome {
    if is_being_written(dir) {
        return Err(Stop::usage(format!(
            "the run in `{}` is still going on",
            dir.display()
        )));
    }
    let stored = read_journal(dir).map_err(|error| Stop::usage(error.to_string()))?;
    let open: BTreeMap<&str, bool> = stored
        .cases
        .iter()
        .filter(|(_, case)| is_unfinished(case))
        .map(|(id, case)| (id.as_str(), case.planned.required))
        .collect();
    if open.is_empty() {
        return Err(Stop::nothing(format!(
            "nothing to resume: {} came to its end",
            stored.started.run
        )));
    }
    let corpus = Corpus::of_run(&stored)?;
    let replays = replays(&stored.started.replays)?;
    let sides = Sides::open(&side_args(&stored, args), &stored.started.faults, context).await?;
    same_machine(&stored, &sides.capabilities)?;
    let plan = plan(&corpus, &stored, &open, &sides.capabilities)?;
    warn_of_open_sandboxes(&stored);
    let clock = Clock::new();
    let id = stored.started.run.clone();
    let performance = Performance {
        corpus: &corpus,
        sides: &sides,
        plan: &plan,
        dir,
        settings: RunSettings {
            seed: stored.started.seed,
            ..run_settings(args, id, &sides, clock, replays)
        },
        since: stored.started.since.clone(),
        noise_limit: stored.started.noise_limit,
        faults: &stored.started.faults,
        sharded: stored.started.sharded,
        shard: stored.started.shard.clone(),
        resumed: true,
        profile: stored.started.profile.clone(),
        progress: true,
    };
    let judged = performance.perform(context).await?;
    finish(&judged, args.gate, &sides.redactor, context)
}

/// The sides as they were.
fn side_args(stored: &StoredRun, args: &RunArgs) -> SidesArgs {
    SidesArgs {
        source: stored.started.source.spec(),
        target: stored.started.target.spec(),
        engine: stored
            .started
            .engine
            .clone()
            .unwrap_or_else(|| args.sides.engine.clone()),
        allow_network: args.sides.allow_network,
    }
}

/// Cases judged on a machine that can do more or less are not one run.
fn same_machine(stored: &StoredRun, now: &BTreeSet<String>) -> Result<(), Stop> {
    let then: BTreeSet<String> = stored.started.capabilities.iter().cloned().collect();
    let differ: Vec<&str> = then.symmetric_difference(now).map(String::as_str).collect();
    if differ.is_empty() {
        return Ok(());
    }
    Err(Stop::usage(format!(
        "{} began where other things were there than here ({}); resume it there, or run anew",
        stored.started.run,
        differ.join(", ")
    )))
}

/// The cases that are left, as they were planned.
fn plan(
    corpus: &Corpus,
    stored: &StoredRun,
    open: &BTreeMap<&str, bool>,
    capabilities: &BTreeSet<String>,
) -> Result<Plan, Stop> {
    let mut plan = corpus.plan_all(capabilities)?;
    plan.keep(|case| open.contains_key(case.id.as_str()));
    for case in &mut plan.cases {
        case.required = open.get(case.id.as_str()).copied().unwrap_or(case.required);
    }
    if plan.cases.len() == open.len() {
        return Ok(plan);
    }
    Err(Stop::usage(format!(
        "{} planned cases that this version does not find in its scenarios; run anew",
        stored.started.run
    )))
}

/// What a killed run left at a provider is not this run's to count.
fn warn_of_open_sandboxes(stored: &StoredRun) {
    let open = stored.open_sandboxes().count();
    if open > 0 {
        tell(&format!(
            "{open} sandboxes of the interrupted part are unaccounted for; `cutover reap` looks \
             for them"
        ));
    }
}
