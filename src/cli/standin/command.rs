//! The command: prepare everything or nothing, serve, stop.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use cutover_base::clock::Clock;
use cutover_standin::engine::Engine;
use cutover_standin::fault::FaultSwitch;
use cutover_standin::request_log::RequestLog;
use cutover_standin::server::{Standin, StandinOptions};
use cutover_standin::{daytona, e2b};

use crate::call::Provider;
use crate::cli::args::StandinArgs;
use crate::cli::context::{Context, print, tell};
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::signals::Signals;
use crate::cli::standin::env_lines::{EnvFile, lines};
use crate::cli::standin::log::{OpenLog, RunningLog};
use crate::cli::standin::settings::{Door, Settings};
use crate::cli::standin::state::StateDir;
use crate::stage::choose_engine;

/// What a stand-in needs beside its settings. Dropping it leaves nothing behind.
struct Prepared {
    engine: Arc<dyn Engine>,
    state: Option<StateDir>,
    env_file: Option<EnvFile>,
    log: Option<OpenLog>,
}

pub(crate) async fn run(args: &StandinArgs, context: &Context) -> Outcome {
    let (settings, mut problems) = Settings::read(args);
    let prepared = prepare(&settings, context, &mut problems).await;
    let Some(mut prepared) = prepared.filter(|_| problems.is_empty()) else {
        let lines: Vec<String> = problems.iter().map(|it| format!("error: {it}")).collect();
        return Err(Stop::usage(lines.join("\n")));
    };
    let signals = Signals::watch()?;
    let log = prepared.log.take().map(OpenLog::start).transpose()?;
    let standins = start(&settings, &prepared, log.as_ref()).await;
    let served = match &standins {
        Ok(standins) => serve(standins, &settings.doors, &mut prepared, &signals).await,
        Err(stop) => Err(stop.clone()),
    };
    let standins = standins.unwrap_or_default();
    futures_util::future::join_all(standins.iter().map(|standin| standin.stop())).await;
    if let Some(log) = log {
        log.finish();
    }
    served.map(|()| OK)
}

/// Opens, locks and tries everything, so that all that is wrong is said at once.
async fn prepare(
    settings: &Settings,
    context: &Context,
    problems: &mut Vec<String>,
) -> Option<Prepared> {
    let mut note = |problem: String| problems.push(problem);
    for door in &settings.doors {
        // Tried and let go; whoever takes it in between is found by the start itself.
        if door.port != 0
            && let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, door.port))
        {
            note(format!(
                "port {} for {}: {error}; choose another with --port, or 0 for a free one",
                door.port,
                door.provider.name()
            ));
        }
    }
    let state = settings.state_dir.as_deref().map(StateDir::open);
    let state = state.transpose().map_err(&mut note);
    let env_file = settings.env_file.as_deref().map(EnvFile::open);
    let env_file = env_file.transpose().map_err(&mut note);
    let log = settings.log.as_ref().map(OpenLog::open);
    let log = log.transpose().map_err(&mut note);
    let engine = match settings.engine {
        Some(choice) => choose_engine(choice, &context.program)
            .await
            .map_err(|error| note(format!("--engine: {error}")))
            .ok(),
        None => None,
    };
    Some(Prepared {
        engine: engine?,
        state: state.ok()?,
        env_file: env_file.ok()?,
        log: log.ok()?,
    })
}

/// Starts every stand-in; when one fails, those that stand are stopped by being dropped.
async fn start(
    settings: &Settings,
    prepared: &Prepared,
    log: Option<&RunningLog>,
) -> Result<Vec<Arc<dyn Standin>>, Stop> {
    let mut standins: Vec<Arc<dyn Standin>> = Vec::new();
    let log = log.map(RunningLog::handle);
    for door in &settings.doors {
        let options = options(settings, prepared, door, log.clone())?;
        let started = match door.provider {
            Provider::E2b => e2b::start(options).await,
            Provider::Daytona => daytona::start(options).await,
        };
        match started {
            Ok(standin) => standins.push(standin),
            Err(error) => {
                futures_util::future::join_all(standins.iter().map(|it| it.stop())).await;
                return Err(Stop::usage(error.to_string()));
            }
        }
    }
    Ok(standins)
}

fn options(
    settings: &Settings,
    prepared: &Prepared,
    door: &Door,
    log: Option<RequestLog>,
) -> Result<StandinOptions, Stop> {
    let stored = prepared.state.as_ref();
    let stored = stored.and_then(|state| state.key(door.provider));
    let clock = match settings.speed {
        // A clock at its ordinary speed follows the machine's, leaps included.
        None => Clock::new(),
        Some(speed) => Clock::with_speed(speed).map_err(|error| Stop::usage(error.to_string()))?,
    };
    let state_dir = prepared
        .state
        .as_ref()
        .map(|state| state.folder(door.provider))
        .transpose()
        .map_err(Stop::usage)?;
    Ok(StandinOptions {
        port: door.port,
        key: door.key.clone().or(stored),
        faults: FaultSwitch::new(door.faults.clone()),
        allow_network: settings.allow_network,
        clock,
        state_dir,
        log,
        ..StandinOptions::new(Arc::clone(&prepared.engine))
    })
}

/// Says where the stand-ins are, and waits for a signal.
async fn serve(
    standins: &[Arc<dyn Standin>],
    doors: &[Door],
    prepared: &mut Prepared,
    signals: &Signals,
) -> Result<(), Stop> {
    if let Some(state) = &mut prepared.state {
        let keys = standins.iter().zip(doors);
        let keys = keys.map(|(standin, door)| (door.provider, standin.key().to_owned()));
        state.keep(keys.collect()).map_err(Stop::unjudged)?;
    }
    let settings: Vec<_> = standins.iter().flat_map(|standin| standin.env()).collect();
    let text = lines(&settings).map_err(Stop::unjudged)?;
    if let Some(file) = prepared.env_file.take() {
        file.write(&text).map_err(Stop::unjudged)?;
    }
    let places: Vec<String> = standins
        .iter()
        .zip(doors)
        .map(|(standin, door)| format!("{} http://{}", door.provider.name(), standin.addr()))
        .collect();
    let places = places.join(", ");
    // A comment to a shell and to dotenv alike, so that the whole output is a settings file.
    print(&format!("{text}# cutover standin ready: {places}\n"))?;
    tell(&format!("stand-in: {places}; stop with Ctrl-C"));
    signals.cancelled.cancelled().await;
    tell("stopping; sandboxes are destroyed");
    Ok(())
}
