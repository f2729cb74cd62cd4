//! `cutover template build`: from a folder to a template at E2B that is ready.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use cutover_base::words::counted;
use cutover_template::register::Progress;
use cutover_template::register::e2b::{
    RegisteredTemplate, TemplatePlan, TemplateSettings, plan, register,
};
use serde_json::json;

use crate::app::register::{e2b, watched};
use crate::cli::context::Context;
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::findings::json as page;
use crate::cli::output::{print, tell};
use crate::cli::registration::{RegistrationArgs, refuse, size, teller, warn};
use crate::report::escape::one_line;

/// Templates of E2B.
#[derive(Debug, Clone, Args)]
pub(crate) struct TemplateArgs {
    #[command(subcommand)]
    command: TemplateCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum TemplateCommand {
    /// Build the template of a folder; one that was built from the same is left as it is
    Build(BuildArgs),
}

/// `E2B_API_KEY` and `E2B_API_URL` say where. Exit 0: the template is ready; 2: it was not asked for; 3: the
/// build or E2B failed.
#[derive(Debug, Clone, Args)]
struct BuildArgs {
    /// The folder with `e2b.toml` and the Dockerfile
    #[arg(default_value = "e2b")]
    folder: PathBuf,
    /// The template's name; `template_name` of `e2b.toml` if not said
    #[arg(long)]
    name: Option<String>,
    /// A tag of the build, instead of `default`
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Processors; `cpu_count` of `e2b.toml` if not said
    #[arg(long, value_name = "N")]
    cpu: Option<u64>,
    /// Memory in MiB; `memory_mb` of `e2b.toml` if not said
    #[arg(long, value_name = "MIB")]
    memory: Option<u64>,
    /// Build it even if nothing has changed, and take nothing from earlier builds
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    common: RegistrationArgs,
}

pub(crate) async fn run(args: &TemplateArgs, context: &Context) -> Outcome {
    match &args.command {
        TemplateCommand::Build(args) => build(args, context).await,
    }
}

async fn build(args: &BuildArgs, context: &Context) -> Outcome {
    let settings = TemplateSettings {
        name: args.name.clone(),
        tags: args.tags.clone(),
        cpu: args.cpu,
        memory_mib: args.memory,
        arguments: args.common.arguments()?,
        context_bytes_max: args.common.context_bytes_max(),
    };
    let plan = match plan(&args.folder, &settings) {
        Ok(plan) => plan,
        Err(no_plan) => return refuse(no_plan, args.common.json),
    };
    warn(&plan.warnings);
    if args.common.plan {
        return show(&plan, args.common.json);
    }
    let connection = e2b(&context.environment)?;
    tell(&format!(
        "template {}: {}, from {}",
        plan.reference(),
        sizes(&plan),
        plan.dockerfile
    ));
    let progress = Progress::new(teller());
    let work = register(&plan, args.force, &connection, &progress);
    let done = watched(work, &progress, args.common.max_minutes, tell).await?;
    print(&answer(&plan, &done, args.common.json)?)?;
    Ok(OK)
}

fn sizes(plan: &TemplatePlan) -> String {
    let said =
        |value: Option<u64>| value.map_or_else(|| "E2B's default".to_owned(), |it| it.to_string());
    format!(
        "cpu {}, memory MiB {}",
        said(plan.cpu),
        said(plan.memory_mib)
    )
}

/// Prints what would be sent.
fn show(plan: &TemplatePlan, as_json: bool) -> Outcome {
    if as_json {
        print(&page(
            &json!({ "format": "cutover.registration/1", "plan": plan }),
        )?)?;
        return Ok(OK);
    }
    let mut text = format!(
        "template {}: {}\nDockerfile {}, from image {}\n",
        one_line(&plan.reference()),
        sizes(plan),
        one_line(&plan.dockerfile),
        one_line(&plan.from_image)
    );
    for (at, step) in plan.steps.iter().enumerate() {
        let args: Vec<String> = step.args.iter().map(|it| one_line(it)).collect();
        let _infallible = writeln!(text, "  {:>3} {} {}", at + 1, step.kind, args.join(" "));
    }
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
    for (name, command) in [("start", &plan.start_cmd), ("ready", &plan.ready_cmd)] {
        if let Some(command) = command {
            let _infallible = writeln!(text, "{name}: {}", one_line(command));
        }
    }
    let _infallible = writeln!(text, "content {}\nnothing was sent", plan.content_hash);
    print(&text)?;
    Ok(OK)
}

fn answer(plan: &TemplatePlan, done: &RegisteredTemplate, as_json: bool) -> Result<String, Stop> {
    let reference = plan.reference();
    if as_json {
        return page(&json!({
            "format": "cutover.registration/1",
            "provider": "e2b",
            "name": plan.name,
            "id": done.template_id,
            "build": done.build_id,
            "is_new": done.is_new,
            "environment": { "SANDBOX_CHOICE": "e2b", "E2B_TEMPLATE": reference },
            "unset": [],
        }));
    }
    let what = if done.is_new {
        "is ready"
    } else {
        "is there, built from the same: nothing to do (--force builds it again)"
    };
    let reference = one_line(&reference);
    Ok(format!(
        "template {reference} ({}, build {}) {what}\n\nOn the platform, beside E2B_API_KEY:\n\
         SANDBOX_CHOICE=e2b\nE2B_TEMPLATE={reference}\n",
        one_line(&done.template_id),
        one_line(&done.build_id)
    ))
}
