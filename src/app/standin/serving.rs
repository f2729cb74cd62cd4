//! Stand-ins that are served until told to stop: prepare everything or nothing, serve, stop.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use cutover_base::clock::Clock;
use cutover_standin::engine::{Engine, EngineSettings, WantedImage};
use cutover_standin::fault::FaultSwitch;
use cutover_standin::request_log::RequestLog;
use cutover_standin::server::{Standin, StandinOptions};
use cutover_standin::{daytona, e2b};
use futures_util::future::join_all;

use crate::app::error::AppError;
use crate::app::standin::env_file::{EnvFile, lines};
use crate::app::standin::log::{OpenLog, RunningLog};
use crate::app::standin::settings::{Door, Settings};
use crate::app::standin::state::StateDir;
use crate::call::Provider;
use crate::stage::choose_engine;

/// What stand-ins need beside their settings. Dropping it leaves nothing behind.
pub(crate) struct Prepared {
    engine: Arc<dyn Engine>,
    state: Option<StateDir>,
    env_file: Option<EnvFile>,
    log: Option<OpenLog>,
}

/// Stand-ins that serve.
pub(crate) struct Serving {
    /// The settings for an SDK, as lines that a shell and dotenv read alike.
    pub(crate) env: String,
    /// Where each is: `e2b http://127.0.0.1:3000`.
    pub(crate) places: Vec<String>,
    standins: Vec<Arc<dyn Standin>>,
    log: Option<RunningLog>,
    /// The state folder in it is locked as long as they serve.
    prepared: Prepared,
}

impl Serving {
    /// Starts every stand-in, and keeps and writes what was asked for. `tell` hears of lines that
    /// the request log loses.
    ///
    /// # Errors
    /// When one cannot start or something cannot be written; then none is left.
    pub(crate) async fn start(
        settings: &Settings,
        mut prepared: Prepared,
        tell: fn(&str),
    ) -> Result<Self, AppError> {
        let log = prepared.log.take();
        let mut serving = Self {
            env: String::new(),
            places: Vec::new(),
            standins: Vec::new(),
            log: log.map(|log| log.start(tell)).transpose()?,
            prepared,
        };
        match serving.begin(settings).await {
            Ok(()) => Ok(serving),
            Err(error) => {
                serving.stop().await;
                Err(error)
            }
        }
    }

    async fn begin(&mut self, settings: &Settings) -> Result<(), AppError> {
        for door in &settings.doors {
            let log = self.log.as_ref().map(RunningLog::handle);
            let log = log.map(|log| log.hiding(settings.secrets.clone()));
            let options = options(settings, &self.prepared, door, log)?;
            let started = match door.provider {
                Provider::E2b => e2b::start(options).await,
                Provider::Daytona => daytona::start(options).await,
            };
            let standin = started.map_err(|error| AppError::usage(error.to_string()))?;
            let address = standin.addr();
            self.places
                .push(format!("{} http://{address}", door.provider.name()));
            self.standins.push(standin);
        }
        if let Some(state) = &mut self.prepared.state {
            let keys = self.standins.iter().zip(&settings.doors);
            let keys = keys.map(|(standin, door)| (door.provider, standin.key().to_owned()));
            state.keep(keys.collect()).map_err(AppError::Failed)?;
        }
        let env: Vec<_> = self.standins.iter().flat_map(|it| it.env()).collect();
        self.env = lines(&env).map_err(AppError::Failed)?;
        if let Some(file) = self.prepared.env_file.take() {
            file.write(&self.env).map_err(AppError::Failed)?;
        }
        Ok(())
    }

    /// Stops every stand-in, which destroys its sandboxes, and then the log.
    pub(crate) async fn stop(self) {
        join_all(self.standins.iter().map(|standin| standin.stop())).await;
        if let Some(log) = self.log {
            log.finish();
        }
    }
}

/// Opens, locks and tries everything, so that all that is wrong is said at once.
pub(crate) async fn prepare(
    settings: &Settings,
    engines: &EngineSettings,
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
        Some(choice) => choose_engine(choice, &with_image(engines, settings))
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

/// The engine's settings with the image of these stand-ins.
fn with_image(engines: &EngineSettings, settings: &Settings) -> EngineSettings {
    let mut engines = engines.clone();
    engines
        .docker
        .images
        .extend(settings.image.clone().map(|name| WantedImage {
            name,
            programs: Vec::new(),
        }));
    engines
}

fn options(
    settings: &Settings,
    prepared: &Prepared,
    door: &Door,
    log: Option<RequestLog>,
) -> Result<StandinOptions, AppError> {
    let stored = prepared.state.as_ref();
    let stored = stored.and_then(|state| state.key(door.provider));
    let clock = match settings.speed {
        // A clock at its ordinary speed follows the machine's, leaps included.
        None => Clock::new(),
        Some(speed) => {
            Clock::with_speed(speed).map_err(|error| AppError::usage(error.to_string()))?
        }
    };
    let state_dir = prepared
        .state
        .as_ref()
        .map(|state| state.folder(door.provider))
        .transpose()
        .map_err(AppError::Usage)?;
    Ok(StandinOptions {
        port: door.port,
        key: door.key.clone().or(stored),
        faults: FaultSwitch::new(door.faults.clone()),
        allow_network: settings.allow_network,
        memory_bytes_max: settings.memory_bytes_max,
        image: settings.image.clone(),
        clock,
        state_dir,
        log,
        ..StandinOptions::new(Arc::clone(&prepared.engine))
    })
}
