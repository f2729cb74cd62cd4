//! `cutover standin e2b|daytona`: a local server for the official SDKs, until a signal comes.

use crate::call::Provider;
use crate::cli::args::StandinArgs;
use crate::cli::context::{Context, print, tell};
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::signals::Signals;
use crate::stage::{EngineChoice, choose_engine};
use crate::standin::fault::{Fault, FaultSwitch};
use crate::standin::server::StandinOptions;
use crate::standin::{daytona, e2b};

pub(crate) async fn run(args: &StandinArgs, context: &Context) -> Outcome {
    let provider = match args.provider.as_str() {
        "e2b" => Provider::E2b,
        "daytona" => Provider::Daytona,
        other => {
            return Err(Stop::usage(format!(
                "no stand-in for `{other}`; e2b or daytona"
            )));
        }
    };
    let faults = args
        .fault
        .iter()
        .map(|spec| {
            spec.parse::<Fault>()
                .map_err(|error| Stop::usage(format!("--fault: {error}")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let choice: EngineChoice = args.engine.parse().map_err(Stop::usage)?;
    let engine = choose_engine(choice, &context.program)
        .await
        .map_err(|error| Stop::usage(error.to_string()))?;
    let signals = Signals::watch()?;
    let options = StandinOptions {
        port: args.port,
        key: args.key.clone(),
        faults: FaultSwitch::new(faults),
        allow_network: args.allow_network,
        ..StandinOptions::new(engine)
    };
    let standin = match provider {
        Provider::E2b => e2b::start(options).await,
        Provider::Daytona => daytona::start(options).await,
    }
    .map_err(|error| Stop::usage(error.to_string()))?;
    let settings: Vec<String> = standin
        .env()
        .iter()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    let printed = print(&settings.concat());
    if printed.is_ok() {
        tell(&format!(
            "{provider} stand-in on http://{}; stop it with Ctrl-C",
            standin.addr()
        ));
        signals.cancelled.cancelled().await;
    }
    standin.stop().await;
    printed?;
    Ok(OK)
}
