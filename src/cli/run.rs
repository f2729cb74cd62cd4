//! `cutover run`: the main job.

use std::collections::BTreeSet;
use std::time::Duration;

use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;

use crate::cli::args::RunArgs;
use crate::cli::context::{Context, print, tell};
use crate::cli::corpus::{self, Corpus};
use crate::cli::exit::{OK, Outcome, Stop, UNJUDGED};
use crate::cli::gate::{disagreement, own_profile, worse};
use crate::cli::perform::{Performance, settings};
use crate::cli::plan_text::plan_text;
use crate::cli::rerun::Rerun;
use crate::cli::resume;
use crate::cli::sides::Sides;
use crate::cli::stored::{self, Judged};
use crate::compare::verdict::DriftVerdict;
use crate::report::{scan, withhold};
use crate::run::{Replays, RunSettings};
use crate::transcript::create_run_folder;

pub(crate) async fn run(args: &RunArgs, context: &Context) -> Outcome {
    if let Some(dir) = &args.resume {
        return resume::run(dir, args, context).await;
    }
    let replays = replays(&args.replays)?;
    let corpus = Corpus::load(&args.select)?;
    let again = args.rerun.as_deref().map(Rerun::read).transpose()?;
    let side_args = again.as_ref().map(|again| again.sides(&args.sides));
    let side_args = side_args.as_ref().unwrap_or(&args.sides);
    let sides = Sides::open(side_args, &args.fault, context).await?;
    let profile = args.profile.as_deref().map(corpus::read).transpose()?;
    let required = match &profile {
        Some(file) => corpus.required(&stored::profile(file)?)?,
        None => BTreeSet::new(),
    };
    let mut plan = corpus.plan(&args.select, &sides.capabilities, required)?;
    if let Some(again) = &again {
        again.narrow(&mut plan)?;
    }
    if plan.cases.is_empty() {
        return Err(Stop::nothing(
            "no case is selected; `cutover list` shows what there is",
        ));
    }
    if args.plan {
        print(&plan_text(&plan, &sides, replays, usize::from(args.jobs)))?;
        return Ok(OK);
    }
    let since = args.since.as_deref().map(stored::since).transpose()?;
    let clock = Clock::new();
    let folder = create_run_folder(&args.out, &clock)
        .map_err(|error| Stop::usage(format!("{error}; choose another folder with --out")))?;
    let performance = Performance {
        corpus: &corpus,
        sides: &sides,
        plan: &plan,
        dir: &folder.path,
        settings: run_settings(args, folder.id.clone(), &sides, clock, replays),
        since,
        noise_limit: args.noise_limit,
        faults: &args.fault,
        sharded: args.select.shard.is_some(),
        shard: args.select.shard.clone(),
        resumed: false,
        profile,
        progress: true,
    };
    let judged = performance.perform(context).await?;
    finish(&judged, args.gate, &sides.redactor, context)
}

/// The settings that the arguments ask for.
pub(crate) fn run_settings(
    args: &RunArgs,
    id: String,
    sides: &Sides,
    clock: Clock,
    replays: Replays,
) -> RunSettings {
    RunSettings {
        jobs: usize::from(args.jobs),
        replays,
        seed: args
            .seed
            .unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0)),
        fail_fast: args.fail_fast,
        bounds: sides.bounds(args.sandboxes_at_once),
        sandboxes_total: args.sandboxes_total,
        minutes_max: args
            .max_minutes
            .map(|minutes| Duration::from_secs(minutes.saturating_mul(60))),
        ..settings(id, sides, clock)
    }
}

/// Writes every report, looks for secrets once more, prints the answer, and exits on the drift or,
/// with `gate`, on the decision.
pub(crate) fn finish(
    judged: &Judged,
    gate: bool,
    redactor: &Redactor,
    context: &Context,
) -> Outcome {
    let dir = judged.run.dir.as_path();
    judged.write_reports()?;
    let unscanned = |error| Stop::unjudged(format!("{error}"));
    let findings = scan(dir, redactor).map_err(unscanned)?;
    if !findings.is_empty() {
        withhold(&findings, redactor).map_err(unscanned)?;
        for finding in &findings {
            tell(&format!(
                "a secret was found in `{}`",
                finding.file.display()
            ));
        }
        return Err(Stop {
            code: DriftVerdict::SecretFound.exit_code(),
            message: format!(
                "{} artefacts held a secret and were withheld",
                findings.len()
            ),
        });
    }
    print(&judged.terminal(context.colour))?;
    tell(&format!("reports in {}", dir.display()));
    if !gate {
        return Ok(judged.conclusion.drift.verdict.exit_code());
    }
    let alone = std::slice::from_ref(judged);
    if let Some(profile) = own_profile(alone)?
        && let Some(why) = disagreement(&profile, alone)
    {
        print(&format!("INCONCLUSIVE: {why}\n"))?;
        return Ok(worse(UNJUDGED, judged.gate_exit(true)));
    }
    Ok(judged.gate_exit(true))
}

/// Reads `--replays`.
pub(crate) fn replays(text: &str) -> Result<Replays, Stop> {
    match text {
        "auto" => Ok(Replays::Auto),
        number => match number.parse::<u32>() {
            Ok(count) if (1..=100).contains(&count) => Ok(Replays::Fixed(count)),
            _ => Err(Stop::usage(format!(
                "--replays takes `auto` or a number from 1 to 100, not `{number}`"
            ))),
        },
    }
}
