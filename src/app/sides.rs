//! The two sides of a command, made ready from side specs: engine, stand-ins, live drivers.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;
use cutover_base::side::Side;
use cutover_standin::engine::Engine;
use cutover_standin::fault::{Fault, FaultSwitch};
use jiff::Timestamp;

use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::files;
use crate::call::{Lane, SideSpec};
use crate::compare::ledger::Ledger;
use crate::driver::http::HttpClients;
use crate::plan::{Accounts, read_accounts};
use crate::run::SideBounds;
use crate::run::conclude::{Judge, subjects};
use crate::scenario::render;
use crate::stage::{
    EngineChoice, Recording, SideStage, StandinPlan, TwoSides, capabilities, choose_engine,
    live_driver,
};
use crate::transcript::event::StoredSubject;

/// The settings beside the scenarios.
const SETTINGS: &str = "cutover.yaml";

/// Who is compared, as it was typed.
#[derive(Debug, Clone)]
pub(crate) struct SideSettings {
    /// The side of today: `provider[@lane][/stack]`.
    pub(crate) source: String,
    /// The side to come.
    pub(crate) target: String,
    /// What runs the stand-ins' sandboxes.
    pub(crate) engine: String,
    /// Whether the stand-ins' sandboxes may reach the host's network.
    pub(crate) allow_network: bool,
    /// What the stand-ins get wrong: `SIDE=KIND`.
    pub(crate) faults: Vec<String>,
}

/// Both sides, ready.
#[derive(Debug)]
pub(crate) struct Sides {
    pub(crate) source: SideSpec,
    pub(crate) target: SideSpec,
    pub(crate) stage: TwoSides,
    /// The engine's name, if a stand-in takes part.
    pub(crate) engine: Option<String>,
    pub(crate) capabilities: BTreeSet<String>,
    pub(crate) redactor: Redactor,
    /// What a run may ask of the providers.
    pub(crate) accounts: Accounts,
}

impl Sides {
    /// Checks everything that can be checked without creating anything, then makes it ready.
    pub(crate) async fn open(
        settings: &SideSettings,
        environment: &Environment,
    ) -> Result<Self, AppError> {
        let accounts = accounts(Path::new(SETTINGS))?;
        let mut source = spec("--source", &settings.source)?;
        let mut target = spec("--target", &settings.target)?;
        let recorded_source = recording("--source", &mut source)?;
        let recorded_target = recording("--target", &mut target)?;
        let (source_faults, target_faults) = side_faults(&settings.faults, &source, &target)?;
        let choice: EngineChoice = settings
            .engine
            .parse()
            .map_err(|error| AppError::usage(format!("--engine: {error}")))?;
        let clients = HttpClients::new();
        let mut secrets = Vec::new();
        let uses_standin = [&source, &target]
            .iter()
            .any(|side| side.lane == Lane::Standin);
        // Keys come before the engine: a missing one is told without starting anything.
        let ready_source = live(&source, &clients, environment, &mut secrets)?.or(recorded_source);
        let ready_target = live(&target, &clients, environment, &mut secrets)?.or(recorded_target);
        let engine = if uses_standin {
            let engine = choose_engine(choice, &environment.program)
                .await
                .map_err(|error| AppError::usage(error.to_string()))?;
            Some(engine)
        } else {
            None
        };
        let stage_of = |spec: &SideSpec, ready: Option<SideStage>, faults: Vec<Fault>| {
            ready
                .or_else(|| {
                    let engine = Arc::clone(engine.as_ref()?);
                    let plan = StandinPlan::new(spec.provider, engine, clients.clone());
                    Some(SideStage::Standin(Box::new(StandinPlan {
                        faults: FaultSwitch::new(faults),
                        allow_network: settings.allow_network,
                        ..plan
                    })))
                })
                .ok_or_else(|| AppError::failed("a side has neither a stand-in nor a driver"))
        };
        let stage = TwoSides {
            source: stage_of(&source, ready_source, source_faults)?,
            target: stage_of(&target, ready_target, target_faults)?,
        };
        let has = engine.as_ref().map(|engine| engine.capabilities());
        let capabilities = capabilities(&source, &target, has.as_deref(), settings.allow_network);
        let redactor = environment.redactor_with(secrets);
        let engine = engine.map(|engine: Arc<dyn Engine>| engine.name().to_owned());
        Ok(Self {
            source,
            target,
            stage,
            engine,
            capabilities,
            redactor,
            accounts,
        })
    }

    /// The side as it was asked for.
    pub(crate) const fn spec(&self, side: Side) -> &SideSpec {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    /// Bounds on both sides: what was asked for, and on live lanes what the account allows.
    pub(crate) fn bounds(&self, at_once: Option<usize>) -> [SideBounds; 2] {
        Side::BOTH.map(|side| {
            let spec = self.spec(side);
            if spec.lane != Lane::Live {
                return SideBounds {
                    at_once,
                    ..SideBounds::default()
                };
            }
            let account = self.accounts.of(spec.provider);
            SideBounds {
                at_once: Some(at_once.unwrap_or(usize::MAX).min(account.at_once)),
                per_second: Some(account.per_second),
                in_all: account.in_all,
            }
        })
    }

    /// Whether both sides use one account.
    pub(crate) fn one_account(&self) -> bool {
        self.source.lane == Lane::Live
            && self.target.lane == Lane::Live
            && self.source.provider == self.target.provider
    }

    /// The judge of a run that begins `now`.
    pub(crate) fn judge(&self, ledger: Ledger, now: Timestamp) -> Judge {
        let subjects = subjects(
            &self.subject(Side::Source),
            &self.subject(Side::Target),
            self.engine.as_deref(),
            self.capabilities.iter().cloned().collect(),
        );
        Judge {
            ledger,
            subjects,
            now,
        }
    }

    /// The side for the journal.
    pub(crate) fn subject(&self, side: Side) -> StoredSubject {
        let (spec, stage) = match side {
            Side::Source => (&self.source, &self.stage.source),
            Side::Target => (&self.target, &self.stage.target),
        };
        let mut subject = StoredSubject {
            provider: spec.provider.name().to_owned(),
            lane: spec.lane.to_string(),
            stack: spec.stack.to_string(),
            ..StoredSubject::default()
        };
        match stage {
            SideStage::Recording(recording) => return recording.subject().clone(),
            SideStage::Standin(_) => {
                "a local stand-in per case".clone_into(&mut subject.endpoint);
                subject.image = Some("litellm (built in)".to_owned());
            }
            SideStage::Live(driver) => {
                let facts = driver.facts();
                subject.endpoint = facts.endpoint;
                subject.api = facts.api;
                subject.daemon = facts.daemon;
                subject.image = facts.image;
                subject.region = facts.region;
            }
        }
        subject
    }
}

/// The accounts of `cutover.yaml`, if there is one.
fn accounts(path: &Path) -> Result<Accounts, AppError> {
    if !path.is_file() {
        return Ok(Accounts::default());
    }
    let file = files::read(path)?;
    read_accounts(&file.file, &file.text).map_err(|problems| AppError::usage(render(&problems)))
}

fn spec(option: &str, text: &str) -> Result<SideSpec, AppError> {
    let spec: SideSpec = text
        .parse()
        .map_err(|error| AppError::usage(format!("{option}: {error}")))?;
    Ok(spec)
}

/// The earlier run that stands for a side, which then has the recording's stack.
fn recording(option: &str, spec: &mut SideSpec) -> Result<Option<SideStage>, AppError> {
    let Lane::Recording(path) = &spec.lane else {
        return Ok(None);
    };
    let recording = Recording::open(path, spec.provider)
        .map_err(|error| AppError::usage(format!("{option}: {error}")))?;
    spec.stack = recording.stack();
    Ok(Some(SideStage::Recording(Arc::new(recording))))
}

fn live(
    spec: &SideSpec,
    clients: &HttpClients,
    environment: &Environment,
    secrets: &mut Vec<Secret>,
) -> Result<Option<SideStage>, AppError> {
    if spec.lane != Lane::Live {
        return Ok(None);
    }
    let (driver, known) = live_driver(spec.provider, clients, &|name| environment.var(name))
        .map_err(|error| AppError::usage(error.to_string()))?;
    secrets.extend(known);
    Ok(Some(SideStage::Live(driver)))
}

/// `SIDE=KIND` for each fault; faults need a stand-in.
fn side_faults(
    faults: &[String],
    source: &SideSpec,
    target: &SideSpec,
) -> Result<(Vec<Fault>, Vec<Fault>), AppError> {
    let (mut of_source, mut of_target) = (Vec::new(), Vec::new());
    for text in faults {
        let wrong = |why: String| AppError::usage(format!("--fault {text}: {why}"));
        let (side, kind) = text
            .split_once('=')
            .ok_or_else(|| wrong("it takes SIDE=KIND, e.g. target=503".to_owned()))?;
        let fault: Fault = kind.parse().map_err(|error| wrong(format!("{error}")))?;
        let (spec, list) = match side {
            "source" => (source, &mut of_source),
            "target" => (target, &mut of_target),
            other => return Err(wrong(format!("unknown side `{other}`; source or target"))),
        };
        if spec.lane != Lane::Standin {
            return Err(wrong(format!(
                "{spec} is no stand-in; only those can be made to fail"
            )));
        }
        list.push(fault);
    }
    Ok((of_source, of_target))
}
