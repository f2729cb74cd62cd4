//! The command: read, prepare everything or nothing, serve until a signal comes.

use crate::app::signals::Signals;
use crate::app::standin::{Serving, prepare};
use crate::cli::context::Context;
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::output::{print_settings, tell};
use crate::cli::standin::args::StandinArgs;
use crate::cli::standin::settings::read;

pub(crate) async fn run(args: &StandinArgs, context: &Context) -> Outcome {
    let (mut settings, mut problems) = read(args);
    settings.secrets = context.environment.hidden();
    let prepared = prepare(&settings, &context.environment.engine(), &mut problems).await;
    let Some(prepared) = prepared.filter(|_| problems.is_empty()) else {
        let lines: Vec<String> = problems.iter().map(|it| format!("error: {it}")).collect();
        return Err(Stop::usage(lines.join("\n")));
    };
    let signals = Signals::watch()?;
    let serving = Serving::start(&settings, prepared, tell).await?;
    let said = announce(&serving);
    if said.is_ok() {
        signals.cancelled.cancelled().await;
        tell("stopping; sandboxes are destroyed");
    }
    serving.stop().await;
    said.map(|()| OK)
}

/// Says where the stand-ins are.
fn announce(serving: &Serving) -> Result<(), Stop> {
    let places = serving.places.join(", ");
    // A comment to a shell and to dotenv alike, so that the whole output is a settings file.
    print_settings(&format!(
        "{}# cutover standin ready: {places}\n",
        serving.env
    ))?;
    tell(&format!("stand-in: {places}; stop with Ctrl-C"));
    Ok(())
}
