//! `cutover reap`: what became of every sandbox of unfinished runs.

use std::path::Path;

use crate::app::reap::{Fate, Found, reap};
use crate::cli::args::ReapArgs;
use crate::cli::context::Context;
use crate::cli::exit::{OK, Outcome, Stop, UNJUDGED};
use crate::cli::output::{print, tell};
use crate::transcript::StoredSandbox;

pub(crate) async fn run(args: &ReapArgs, context: &Context) -> Outcome {
    if let Err(error) = context.environment.settings.checked() {
        tell(&format!(
            "warning: cutover.yaml cannot be used, so a secret that it declares may be shown below\n{error}"
        ));
    }
    let reaped = reap(&args.out, &context.environment, say).await?;
    print(&format!(
        "{} runs looked at, {} with sandboxes to account for, {} sandboxes not reachable\n",
        reaped.runs, reaped.unfinished, reaped.unreachable
    ))?;
    Ok(if reaped.unreachable == 0 {
        OK
    } else {
        UNJUDGED
    })
}

fn say(found: Found<'_>) -> Result<(), Stop> {
    match found {
        Found::Unreadable(error) => {
            tell(&format!("warning: {error}"));
            Ok(())
        }
        Found::Running(dir) => print(&format!("{}: still running, left alone\n", dir.display())),
        Found::LeftBehind(swept) => {
            let fate = match &swept.kept {
                None => "destroyed now".to_owned(),
                Some(why) => format!("not reachable ({why})"),
            };
            print(&format!("{}: {fate}\n", swept.what))
        }
        Found::NotLookedAt(error) => {
            tell(&format!("warning: containers were not looked at: {error}"));
            Ok(())
        }
        Found::Sandbox { dir, sandbox, fate } => print(&line(dir, sandbox, &fate)),
    }
}

fn line(dir: &Path, sandbox: &StoredSandbox, fate: &Fate) -> String {
    let told = match fate {
        Fate::Gone(why) => format!("gone ({why})"),
        Fate::DestroyedNow => "destroyed now".to_owned(),
        Fate::NotReachable(why) => format!("not reachable ({why})"),
    };
    format!(
        "{}: {} {}@{} {}: {told}\n",
        dir.display(),
        sandbox.case.as_deref().unwrap_or("-"),
        sandbox.provider,
        sandbox.lane,
        sandbox.id.as_deref().unwrap_or("(asked for, id unknown)"),
    )
}
