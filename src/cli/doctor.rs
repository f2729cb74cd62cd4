//! `cutover doctor`: what works on this machine, and what to do about what does not.

use crate::app::doctor::diagnose;
use crate::cli::args::DoctorArgs;
use crate::cli::context::Context;
use crate::cli::exit::{OK, Outcome, USAGE};
use crate::cli::output::print;

pub(crate) async fn run(args: &DoctorArgs, context: &Context) -> Outcome {
    let diagnosis = diagnose(&args.out, &context.environment).await;
    let lines = diagnosis.findings.iter().map(|finding| {
        let mark = if finding.ok { "ok" } else { "--" };
        format!("{mark}  {}: {}\n", finding.what, finding.detail)
    });
    print(&lines.collect::<String>())?;
    Ok(if diagnosis.can_run { OK } else { USAGE })
}
