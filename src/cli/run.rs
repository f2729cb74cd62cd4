//! `cutover run`: the main job, anew or the rest of an interrupted run.

use std::path::Path;

use crate::app::limits::replays;
use crate::app::planned::{PlannedRun, RunRequest};
use crate::app::resume::{ResumeSettings, resume};
use crate::cli::args::RunArgs;
use crate::cli::context::{Context, tell_left_out};
use crate::cli::exit::{OK, Outcome};
use crate::cli::finish::{Exit, finish};
use crate::cli::output::print;
use crate::cli::plan_text::plan_text;
use crate::cli::progress::ProgressLine;

pub(crate) async fn run(args: &RunArgs, context: &Context) -> Outcome {
    if let Some(dir) = &args.resume {
        return rest(dir, args, context).await;
    }
    let request = RunRequest {
        select: args.select.select(),
        sides: args.sides.settings(&args.fault),
        replays: replays(&args.replays)?,
        limits: args.limits(),
        seed: args.seed,
        out: args.out.clone(),
        since: args.since.clone(),
        noise_limit: args.noise_limit,
        volatile_refused: args.volatile == "refuse",
        profile: args.profile.clone(),
        rerun: args.rerun.clone(),
    };
    let planned = PlannedRun::new(request, &context.environment).await?;
    tell_left_out(&planned.corpus);
    if args.plan {
        print(&plan_text(&planned))?;
        return Ok(OK);
    }
    let progress = ProgressLine::shared(context);
    let published = planned.perform(&context.environment, &progress).await?;
    finish(&published, Exit::of(args.gate, args.rehearsal), context)
}

async fn rest(dir: &Path, args: &RunArgs, context: &Context) -> Outcome {
    let settings = ResumeSettings {
        limits: args.limits(),
        sides: args.sides.settings(&[]),
    };
    let progress = ProgressLine::shared(context);
    let published = resume(dir, &settings, &context.environment, &progress).await?;
    finish(&published, Exit::of(args.gate, args.rehearsal), context)
}
