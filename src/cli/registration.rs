//! What `cutover snapshot` and `cutover template` have in common: arguments, refusals, and what is told
//! while a build goes on.

use std::time::Instant;

use clap::Args;
use cutover_base::words::counted;
use cutover_template::register::{BuildArguments, Event, NoPlan};
use cutover_template::{Finding, Level};
use serde_json::json;

use crate::cli::exit::{Outcome, Stop, USAGE};
use crate::cli::findings::{json as page, list};
use crate::cli::output::{print, tell};

/// How a template is registered, whosever it is.
#[derive(Debug, Clone, Args)]
pub(crate) struct RegistrationArgs {
    /// A value for an ARG of the Dockerfile
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) build_arg: Vec<String>,
    /// Print what would be sent, and ask nobody
    #[arg(long, alias = "dry-run")]
    pub(crate) plan: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Minutes until it is given up; what then stands is told
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=1440))]
    pub(crate) max_minutes: u64,
    /// The most that COPY may take in all, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub(crate) max_context: u64,
}

impl RegistrationArgs {
    /// The values of `--build-arg`.
    pub(crate) fn arguments(&self) -> Result<BuildArguments, Stop> {
        BuildArguments::read(&self.build_arg).map_err(Stop::usage)
    }

    /// The bytes of `--max-context`.
    pub(crate) const fn context_bytes_max(&self) -> u64 {
        self.max_context * 1024 * 1024
    }
}

/// Says why there is no plan.
pub(crate) fn refuse(no_plan: NoPlan, as_json: bool) -> Outcome {
    match no_plan {
        NoPlan::Folder(why) => Err(Stop::usage(why)),
        NoPlan::Findings(findings) => {
            if as_json {
                let answer = json!({ "format": "cutover.registration/1", "findings": findings });
                print(&page(&answer)?)?;
            }
            let is_error = |it: &&Finding| it.level == Level::Error;
            let errors = findings.iter().filter(is_error).count();
            tell(&format!(
                "{}{}; nothing was sent",
                list(&findings),
                counted(errors, "error")
            ));
            Ok(USAGE)
        }
    }
}

/// Tells warnings, which stop nothing.
pub(crate) fn warn(warnings: &[Finding]) {
    if !warnings.is_empty() {
        tell(list(warnings).trim_end());
    }
}

/// Tells what happens, with the seconds since it began.
pub(crate) fn teller() -> impl Fn(Event<'_>) + Send + Sync {
    let began = Instant::now();
    move |event| {
        let seconds = began.elapsed().as_secs();
        let clock = format!("[{:>2}:{:02}]", seconds / 60, seconds % 60);
        match event {
            Event::Step(text) => tell(&format!("{clock} {text}")),
            Event::Log(line) => tell(&format!("{clock} | {line}")),
            Event::Warning(text) => tell(&format!("{clock} warning: {text}")),
        }
    }
}

/// A size as it is read.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1024 / 1024),
    }
}
