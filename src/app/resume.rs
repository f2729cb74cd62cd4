//! An interrupted run goes on in its own folder, with its own scenarios, ledger, sides and seed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use cutover_base::by_side::BySide;
use cutover_base::clock::Clock;
use cutover_base::side::Side;

use crate::app::corpus::{Corpus, Means};
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::limits::{Limits, replays};
use crate::app::observe::Observer;
use crate::app::perform::{Performance, RunTerms};
use crate::app::published::Published;
use crate::app::seal::seal;
use crate::app::side_settings::SideSettings;
use crate::app::sides::Sides;
use crate::plan::Plan;
use crate::run::is_unfinished;
use crate::transcript::event::StoredSubject;
use crate::transcript::journal::is_being_written;
use crate::transcript::{StoredRun, read_journal};

/// What the rest of a run may take; everything else is as it was.
#[derive(Debug, Clone)]
pub(crate) struct ResumeSettings {
    pub(crate) limits: Limits,
    /// What the run's journal does not say of its sides.
    pub(crate) sides: SideSettings,
}

/// Plays what is left of a run, and writes its reports anew.
///
/// # Errors
/// When the run still goes on or came to its end, when this machine or version is another one, and
/// when something cannot be written.
pub(crate) async fn resume(
    dir: &Path,
    settings: &ResumeSettings,
    environment: &Environment,
    observer: &Arc<dyn Observer>,
) -> Result<Published, AppError> {
    if is_being_written(dir) {
        return Err(AppError::usage(format!(
            "the run in `{}` is still going on",
            dir.display()
        )));
    }
    let stored = read_journal(dir).map_err(|error| AppError::usage(error.to_string()))?;
    let open = open_cases(&stored, dir)?;
    let mut corpus = Corpus::of_run(&stored)?;
    let replays = replays(&stored.started.replays)?;
    let mut sides = Sides::open(&side_settings(&stored, settings), environment).await?;
    seal(&mut corpus, None, &mut sides, environment)?;
    same_machine(&stored, &sides.capabilities)?;
    let plan = plan(&corpus, &stored, &open, sides.means())?;
    warn_of_open_sandboxes(&stored, &**observer);
    let started = &stored.started;
    let performance = Performance {
        corpus,
        sides: &sides,
        plan,
        dir,
        settings: settings.limits.settings(
            started.run.clone(),
            &sides,
            Clock::new(),
            replays,
            started.seed,
        ),
        terms: RunTerms {
            since: started.since.clone(),
            noise_limit: started.noise_limit,
            volatile_refused: started.volatile_refused,
            faults: started.faults.clone(),
            sharded: started.sharded,
            shard: started.shard.clone(),
            selection: started.selection.clone(),
            profile: started.profile.clone(),
        },
        resumed: true,
    };
    let judged = performance.perform(environment, observer).await?;
    Published::new(judged, None, &sides.redactor)
}

/// The cases that were not run to their end, and whether each is required. There may be none where
/// a run was killed just before its end was written.
fn open_cases<'r>(stored: &'r StoredRun, dir: &Path) -> Result<BTreeMap<&'r str, bool>, AppError> {
    let run = &stored.started.run;
    if !stored.planned {
        // Written and synced before anything is created, but for journals of old versions.
        let why = if stored.cases.is_empty() {
            "it was killed before its plan was written, and nothing was created"
        } else {
            "its journal does not say which cases were planned"
        };
        return Err(AppError::usage(format!(
            "{run} cannot be resumed: {why}; run it anew: cutover {}",
            stored.started.args.join(" ")
        )));
    }
    let open: BTreeMap<&str, bool> = stored
        .cases
        .iter()
        .filter(|(_, case)| is_unfinished(case))
        .map(|(id, case)| (id.as_str(), case.planned.required))
        .collect();
    if open.is_empty() && stored.ended.is_some() {
        return Err(AppError::nothing(format!(
            "nothing to resume: {run} came to its end; `cutover report {}` writes its reports again",
            dir.display()
        )));
    }
    Ok(open)
}

/// The sides as they were.
fn side_settings(stored: &StoredRun, settings: &ResumeSettings) -> SideSettings {
    let started = &stored.started;
    let given = settings.sides.clone();
    let engine = started.engine.clone();
    let was = |side: Side| {
        let subject = &started.subjects[side];
        (subject.stack == "deployed").then(|| subject.endpoint.clone())
    };
    let session = |side: Side| said(&started.args, &format!("--{side}-session"));
    let image = |side: Side| said(&started.args, &format!("--{side}-image"));
    SideSettings {
        images: BySide::from_fn(image),
        specs: started.subjects.as_ref().map(StoredSubject::spec),
        engine: engine.unwrap_or(given.engine),
        faults: started.faults.clone(),
        platforms: BySide::from_fn(was),
        sessions: BySide::from_fn(session),
        mcp: said(&started.args, "--mcp"),
        ..given
    }
}

/// What the arguments of a run say of an option, as `--mcp COMMAND` or `--mcp=COMMAND`.
pub(crate) fn said(args: &[String], option: &str) -> Option<String> {
    let at = args.iter().position(|arg| {
        let rest = arg.strip_prefix(option);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })?;
    match args[at].split_once('=') {
        Some((_, value)) => Some(value.to_owned()),
        None => args.get(at + 1).cloned(),
    }
}

/// Cases judged on a machine that can do more or less are not one run.
fn same_machine(stored: &StoredRun, now: &BTreeSet<String>) -> Result<(), AppError> {
    let then: BTreeSet<String> = stored.started.capabilities.iter().cloned().collect();
    let differ: Vec<&str> = then.symmetric_difference(now).map(String::as_str).collect();
    if differ.is_empty() {
        return Ok(());
    }
    Err(AppError::usage(format!(
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
    means: Means,
) -> Result<Plan, AppError> {
    let mut plan = corpus.plan_all(means)?;
    plan.keep(|case| open.contains_key(case.id.as_str()));
    for case in &mut plan.cases {
        case.required = open.get(case.id.as_str()).copied().unwrap_or(case.required);
    }
    if plan.cases.len() == open.len() {
        return Ok(plan);
    }
    Err(AppError::usage(format!(
        "{} planned cases that this version does not find in its scenarios; run anew",
        stored.started.run
    )))
}

/// What a killed run left at a provider is not this run's to count.
fn warn_of_open_sandboxes(stored: &StoredRun, observer: &dyn Observer) {
    let open = stored.open_sandboxes().count();
    if open > 0 {
        observer.warns(&format!(
            "{open} sandboxes of the interrupted part are unaccounted for; `cutover reap` looks \
             for them"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_providers_is_what_it_was() {
        let said = |args: &[&str], option| {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            said(&args, option)
        };
        let run = ["run", "--mcp", "node a.mjs", "--source-session=s-1"];
        assert_eq!(said(&run, "--mcp").as_deref(), Some("node a.mjs"));
        assert_eq!(said(&run, "--source-session").as_deref(), Some("s-1"));
        assert_eq!(said(&run, "--source"), None);
        assert_eq!(said(&["run", "--mcp=a=b"], "--mcp").as_deref(), Some("a=b"));
        assert_eq!(said(&["run", "--mcp"], "--mcp"), None);
    }
}
