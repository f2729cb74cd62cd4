//! `cutover snapshot build`: from a folder to an active snapshot at Daytona.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use cutover_base::words::counted;
use cutover_template::register::Progress;
use cutover_template::register::daytona::{
    Caps, RegisteredSnapshot, Sizes, SnapshotOptions, SnapshotPlan, SnapshotSettings, plan,
    register,
};
use serde_json::json;

use crate::app::register::{daytona, watched};
use crate::cli::context::Context;
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::findings::json as page;
use crate::cli::output::{print, tell};
use crate::cli::registration::{RegistrationArgs, refuse, size, teller, warn};
use crate::report::escape::one_line;

/// Snapshots of Daytona.
#[derive(Debug, Clone, Args)]
pub(crate) struct SnapshotArgs {
    #[command(subcommand)]
    command: SnapshotCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum SnapshotCommand {
    /// Build the snapshot of a folder; one that is there and the same is left as it is
    Build(BuildArgs),
}

/// `DAYTONA_API_KEY` and `DAYTONA_API_URL` say where. Exit 0: the snapshot is active; 2: it was not asked
/// for; 3: the build or Daytona failed.
#[derive(Debug, Clone, Args)]
struct BuildArgs {
    /// The folder with the Dockerfile
    #[arg(default_value = "daytona")]
    folder: PathBuf,
    /// The snapshot's name; `DAYTONA_SNAPSHOT_NAME`, else `litellm-8gb`
    #[arg(long)]
    name: Option<String>,
    /// Processors; `DAYTONA_CPU`, else 2
    #[arg(long, value_name = "N")]
    cpu: Option<u32>,
    /// Memory in GB; `DAYTONA_MEMORY_GB`, else 8
    #[arg(long, value_name = "GB")]
    memory: Option<u32>,
    /// Disk in GB; `DAYTONA_DISK_GB`, else 10
    #[arg(long, value_name = "GB")]
    disk: Option<u32>,
    /// Delete a snapshot of this name that is another, and wait until it is gone
    #[arg(long)]
    replace: bool,
    /// Leave it to Daytona whether the sizes are allowed
    #[arg(long)]
    no_preflight: bool,
    #[command(flatten)]
    common: RegistrationArgs,
}

pub(crate) async fn run(args: &SnapshotArgs, context: &Context) -> Outcome {
    match &args.command {
        SnapshotCommand::Build(args) => build(args, context).await,
    }
}

async fn build(args: &BuildArgs, context: &Context) -> Outcome {
    let settings = settings(args, context)?;
    let plan = match plan(&args.folder, &settings) {
        Ok(plan) => plan,
        Err(no_plan) => return refuse(no_plan, args.common.json),
    };
    warn(&plan.warnings);
    if args.common.plan {
        return show(&plan, args);
    }
    let reached = daytona(&context.environment)?;
    let options = SnapshotOptions {
        replace: args.replace,
        skips_caps: args.no_preflight,
        region: reached.region,
        organization: reached.organization,
    };
    let Sizes { cpu, memory, disk } = plan.sizes;
    tell(&format!(
        "snapshot {}: cpu {cpu}, memory {memory} GB, disk {disk} GB, from {}",
        plan.name, plan.dockerfile
    ));
    let progress = Progress::new(teller());
    let work = register(&plan, &options, &reached.connection, &progress);
    let done = watched(work, &progress, args.common.max_minutes, tell).await?;
    print(&answer(&plan, &done, args.common.json)?)?;
    Ok(OK)
}

fn settings(args: &BuildArgs, context: &Context) -> Result<SnapshotSettings, Stop> {
    let mut wrong = Vec::new();
    let mut sized = |flag: Option<u32>, name: &str, default: u32| {
        let asked = flag.map(|it| it.to_string());
        let Some(text) = asked.or_else(|| context.environment.var(name)) else {
            return default;
        };
        match text.trim().parse() {
            Ok(number) if number > 0 => number,
            _ => {
                wrong.push(format!(
                    "{name} (or its flag) is `{text}`: a whole number above 0"
                ));
                default
            }
        }
    };
    let sizes = Sizes {
        cpu: sized(args.cpu, "DAYTONA_CPU", 2),
        memory: sized(args.memory, "DAYTONA_MEMORY_GB", 8),
        disk: sized(args.disk, "DAYTONA_DISK_GB", 10),
    };
    if !wrong.is_empty() {
        return Err(Stop::usage(wrong.join("\nerror: ")));
    }
    let named = args.name.clone();
    let name = named.or_else(|| context.environment.var("DAYTONA_SNAPSHOT_NAME"));
    Ok(SnapshotSettings {
        name: name.unwrap_or_else(|| "litellm-8gb".to_owned()),
        sizes,
        arguments: args.common.arguments()?,
        context_bytes_max: args.common.context_bytes_max(),
    })
}

/// Prints what would be sent.
fn show(plan: &SnapshotPlan, args: &BuildArgs) -> Outcome {
    let refused = Caps::default().refused(plan.sizes);
    for message in refused.iter().filter(|_| !args.no_preflight) {
        tell(&format!("warning: by Daytona's usual limits: {message}"));
    }
    if args.common.json {
        print(&page(
            &json!({ "format": "cutover.registration/1", "plan": plan }),
        )?)?;
        return Ok(OK);
    }
    let Sizes { cpu, memory, disk } = plan.sizes;
    let mut text = format!(
        "snapshot {}: cpu {cpu}, memory {memory} GB, disk {disk} GB\nDockerfile {}: {}\n",
        one_line(&plan.name),
        one_line(&plan.dockerfile),
        counted(plan.dockerfile_content.lines().count(), "line"),
    );
    for context in &plan.contexts {
        let _infallible = writeln!(
            text,
            "  line {}: {} ({}, {}) {}",
            context.line,
            one_line(&context.path),
            counted(context.amount.files, "file"),
            size(context.amount.bytes),
            context.hash,
        );
    }
    text.push_str("nothing was sent\n");
    print(&text)?;
    Ok(OK)
}

fn answer(plan: &SnapshotPlan, done: &RegisteredSnapshot, as_json: bool) -> Result<String, Stop> {
    let variables = json!({ "SANDBOX_CHOICE": "daytona", "DAYTONA_SNAPSHOT": plan.name });
    if as_json {
        return page(&json!({
            "format": "cutover.registration/1",
            "provider": "daytona",
            "name": plan.name,
            "id": done.id,
            "is_new": done.is_new,
            "environment": variables,
            "unset": ["DAYTONA_IMAGE"],
        }));
    }
    let what = if done.is_new {
        "is active"
    } else {
        "is there, active and the same: nothing to do"
    };
    let name = one_line(&plan.name);
    Ok(format!(
        "snapshot {name} ({}) {what}\n\nOn the platform, beside DAYTONA_API_KEY (and without DAYTONA_IMAGE, which would win):\n\
         SANDBOX_CHOICE=daytona\nDAYTONA_SNAPSHOT={name}\n",
        one_line(&done.id)
    ))
}
