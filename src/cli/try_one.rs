//! `cutover try 'CMD'`: one call on both sides, what each gave, and the difference.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use cutover_base::clock::Clock;

use crate::call::Surface;
use crate::cli::args::{SelectArgs, TryArgs};
use crate::cli::context::{Context, print};
use crate::cli::corpus::Corpus;
use crate::cli::exit::{DIFFERS, OK, Outcome, Stop, UNJUDGED};
use crate::cli::perform::{Performance, settings};
use crate::cli::sides::Sides;
use crate::cli::stored::shown;
use crate::compare::verdict::{DriftVerdict, Verdict};
use crate::plan::{PlanOptions, plan};
use crate::report::terminal;
use crate::run::RunSettings;
use crate::scenario::{parse_one, render};

pub(crate) async fn run(args: &TryArgs, context: &Context) -> Outcome {
    let text = scenario_text(&args.cmd);
    let scenario = parse_one("try/command", Path::new("(tried)"), &text)
        .map_err(|problems| Stop::usage(render(&problems)))?;
    let corpus = Corpus::load(&SelectArgs::default())?;
    let sides = Sides::open(&args.sides, &[], context).await?;
    let options = PlanOptions {
        surfaces: vec![Surface::Provider],
        capabilities: sides.capabilities.clone(),
        ..PlanOptions::default()
    };
    let plan =
        plan(&[Arc::new(scenario)], &options).map_err(|error| Stop::usage(error.to_string()))?;
    let folder = tempfile::tempdir()
        .map_err(|error| Stop::unjudged(format!("a temporary folder: {error}")))?;
    let performance = Performance {
        corpus: &corpus,
        sides: &sides,
        plan: &plan,
        dir: folder.path(),
        settings: RunSettings {
            jobs: 2,
            ..settings("try".to_owned(), &sides, Clock::new())
        },
        since: None,
        noise_limit: 0,
        faults: &[],
        sharded: true,
        shard: None,
        resumed: false,
        profile: None,
        progress: false,
    };
    let judged = performance.perform(context).await?;
    if let DriftVerdict::Interrupted(_) = judged.conclusion.drift.verdict {
        return Ok(judged.conclusion.drift.verdict.exit_code());
    }
    let Some(case) = judged.conclusion.cases.first() else {
        return Err(Stop::unjudged("the command was not judged"));
    };
    print(&terminal::whole_case(
        &judged.input(),
        case,
        shown(context.colour),
    ))?;
    if let Some(path) = &args.save {
        save(path, &text)?;
    }
    Ok(exit_of(case.verdict))
}

/// The scenario that is tried, as a user would write it.
fn scenario_text(cmd: &str) -> String {
    // A JSON string is a YAML string, whatever is in it; `${{` is meant as it stands.
    let cmd = serde_json::Value::from(cmd.replace("${{", "$${{"));
    format!(
        "# yaml-language-server: $schema=../scenario.schema.json\n\
         why: Tried by hand.\nsteps:\n  - id: command\n    execute: {cmd}\n"
    )
}

const fn exit_of(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Identical | Verdict::Equivalent | Verdict::KnownDivergence => OK,
        Verdict::HarnessError
        | Verdict::ProviderError
        | Verdict::Unsupported
        | Verdict::NotReached
        | Verdict::NotRecorded
        | Verdict::Skipped => UNJUDGED,
        Verdict::Noise
        | Verdict::UnstableSource
        | Verdict::UnstableTarget
        | Verdict::NewDivergence
        | Verdict::ExpectationFailed => DIFFERS,
    }
}

fn save(path: &Path, text: &str) -> Result<(), Stop> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Stop::usage(format!("`{}` cannot be written: {error}", path.display())))
}
