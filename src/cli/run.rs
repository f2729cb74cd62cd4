//! `cutover run`: the main job.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::base::clock::Clock;
use crate::base::redact::Redactor;
use crate::cli::args::RunArgs;
use crate::cli::context::{Context, print, tell};
use crate::cli::corpus::Corpus;
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::perform::{Performance, settings};
use crate::cli::sides::Sides;
use crate::cli::stored::{self, Judged};
use crate::compare::verdict::DriftVerdict;
use crate::plan::Plan;
use crate::report::{scan, withhold};
use crate::run::{Replays, RunSettings};
use crate::transcript::create_run_folder;

pub(crate) async fn run(args: &RunArgs, context: &Context) -> Outcome {
    let replays = replays(&args.replays)?;
    let corpus = Corpus::load(&args.select)?;
    let sides = Sides::open(&args.sides, &args.fault, context).await?;
    let plan = corpus.plan(&args.select, &sides.capabilities)?;
    if plan.cases.is_empty() {
        return Err(Stop::nothing(
            "no case is selected; `cutover list` shows what there is",
        ));
    }
    if args.plan {
        print(&plan_text(&plan, &sides, replays))?;
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
        progress: true,
    };
    let judged = performance.perform(context).await?;
    let exit = finish(&judged, &folder.path, &sides.redactor, context)?;
    Ok(if args.gate {
        judged.gate_exit(true)
    } else {
        exit
    })
}

fn run_settings(
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
        sandboxes_at_once: args.sandboxes_at_once,
        sandboxes_total: args.sandboxes_total,
        minutes_max: args
            .max_minutes
            .map(|minutes| Duration::from_secs(minutes * 60)),
        ..settings(id, sides, clock)
    }
}

/// Writes every report, looks for secrets once more, and prints the answer.
fn finish(judged: &Judged, dir: &Path, redactor: &Redactor, context: &Context) -> Outcome {
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
    Ok(judged.conclusion.drift.verdict.exit_code())
}

fn replays(text: &str) -> Result<Replays, Stop> {
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

fn plan_text(plan: &Plan, sides: &Sides, replays: Replays) -> String {
    let (count, at_least) = match replays {
        Replays::Auto => (1, " at least (replays auto)"),
        Replays::Fixed(count) => (count as usize, ""),
    };
    let runnable = plan
        .cases
        .iter()
        .filter(|case| case.unmet.is_empty())
        .count();
    let mut text = format!(
        "{} cases, {runnable} of them can run here; {} creates per side{at_least}\n\
         source {}\ntarget {}\n",
        plan.cases.len(),
        plan.creates_per_side * count,
        sides.source,
        sides.target,
    );
    for case in &plan.cases {
        let _infallible = write!(text, "  {}", case.id);
        if !case.unmet.is_empty() {
            let _infallible = write!(text, "  unsupported: requires {}", case.unmet.join(", "));
        }
        text.push('\n');
    }
    for (case, why) in &plan.skipped {
        let _infallible = writeln!(text, "  {case}  not selected: {why}");
    }
    text
}
