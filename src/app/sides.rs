//! The two sides of a command, made ready from side specs: engine, stand-ins, live drivers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cutover_base::by_side::BySide;
use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;
use cutover_base::side::Side;
use cutover_standin::engine::{Engine, EngineSettings};
use cutover_standin::fault::{Fault, FaultSwitch};
use jiff::Timestamp;

use crate::app::corpus::Means;
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::images::{side_images, wanted_images};
use crate::app::lanes::{LaneOf, as_shell};
use crate::app::side_settings::SideSettings;
use crate::app::stack::check_side;
use crate::call::{Lane, SideSpec};
use crate::compare::ledger::Ledger;
use crate::driver::http::HttpClients;
use crate::plan::Accounts;
use crate::run::SideBounds;
use crate::run::conclude::{Judge, subjects};
use crate::stage::{
    BUILT_IN_IMAGE, EngineChoice, Recording, SideStage, StandinPlan, TwoSides, capabilities,
    choose_engine, image_variable,
};
use crate::transcript::event::StoredSubject;

/// Both sides, ready.
#[derive(Debug)]
pub(crate) struct Sides {
    /// The sides as they were asked for.
    pub(crate) specs: BySide<SideSpec>,
    pub(crate) stage: TwoSides,
    /// The engine's name, if a stand-in takes part.
    pub(crate) engine: Option<String>,
    pub(crate) capabilities: BTreeSet<String>,
    pub(crate) redactor: Redactor,
    /// Secrets that scenarios use by name.
    pub(crate) declared: Vec<Secret>,
    /// Every secret that is hidden.
    secrets: Vec<Secret>,
    /// What a run may ask of the providers.
    pub(crate) accounts: Accounts,
    /// How long a call is waited for, if the settings say it.
    pub(crate) guard: Option<Duration>,
}

impl Sides {
    /// Checks everything that can be checked without creating anything, then makes it ready.
    pub(crate) async fn open(
        settings: &SideSettings,
        environment: &Environment,
    ) -> Result<Self, AppError> {
        let user = environment.settings.checked()?;
        let known = environment.secrets()?;
        let mut specs = BySide::from_fn(|side| spec(side, &settings.specs[side])).transpose()?;
        let recordings =
            BySide::from_fn(|side| recording(side, specs.get_mut(side))).transpose()?;
        let faults = side_faults(&settings.faults, &specs)?;
        let choice: EngineChoice = settings
            .engine
            .parse()
            .map_err(|error| AppError::usage(format!("--engine: {error}")))?;
        let clients = HttpClients::new();
        let mut secrets = known.secrets;
        // Keys come before the engine: a missing one is told without starting anything.
        let mcp = settings.mcp.as_deref().map(as_shell);
        let drivers = BySide::from_fn(|side| {
            let lane = LaneOf {
                side,
                spec: &specs[side],
                clients: &clients,
                environment,
                mcp: mcp.clone(),
            };
            lane.open(settings, &mut secrets)
        })
        .transpose()?;
        let standins =
            BySide::from_fn(|side| drivers[side].is_none() && specs[side].lane == Lane::Standin);
        let images = side_images(settings, choice, standins)?;
        let mut engines = environment.engine();
        engines.docker.images = wanted_images(&specs, standins, &images);
        let engine = engine_of(standins, choice, &engines).await?;
        let standin = |side: Side| {
            let engine = Arc::clone(engine.as_ref()?);
            let plan = StandinPlan::new(specs[side].provider, engine, clients.clone());
            let image = environment.var(image_variable(specs[side].provider));
            Some(SideStage::Standin(Box::new(StandinPlan {
                faults: FaultSwitch::new(faults[side].clone()),
                allow_network: settings.allow_network,
                memory_bytes_max: settings.memory_bytes_max,
                image: image.unwrap_or_else(|| BUILT_IN_IMAGE.to_owned()),
                docker_image: images[side].clone(),
                stack: specs[side].stack.clone(),
                mcp: mcp.clone(),
                ..plan
            })))
        };
        let stage = BySide::from_fn(|side| {
            let ready = drivers[side].clone().or_else(|| recordings[side].clone());
            ready
                .or_else(|| standin(side))
                .ok_or_else(|| AppError::failed("a side has neither a stand-in nor a driver"))
        });
        let has = engine.as_ref().map(|engine| engine.capabilities());
        Ok(Self {
            stage: TwoSides(stage.transpose()?),
            capabilities: capabilities(specs.as_ref(), has.as_deref(), settings.allow_network),
            redactor: Redactor::new(secrets.clone()),
            declared: known.declared,
            secrets,
            engine: engine.map(|engine| engine.name().to_owned()),
            specs,
            accounts: user.accounts.clone(),
            guard: user.guard,
        })
    }

    /// What a run between them can do.
    pub(crate) fn means(&self) -> Means {
        Means {
            capabilities: self.capabilities.clone(),
            sides: Some(self.specs.clone()),
        }
    }

    /// Hides these too.
    pub(crate) fn hide(&mut self, tokens: Vec<Secret>) {
        for token in tokens {
            if self
                .secrets
                .iter()
                .all(|known| known.expose() != token.expose())
            {
                self.secrets.push(token);
            }
        }
        self.redactor = Redactor::new(self.secrets.clone());
    }

    /// Bounds on both sides: what was asked for, and on live lanes what the account allows.
    pub(crate) fn bounds(&self, at_once: Option<usize>) -> BySide<SideBounds> {
        self.specs.as_ref().map(|spec| {
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
        self.specs.iter().all(|(_, spec)| spec.lane == Lane::Live)
            && self.specs.source.provider == self.specs.target.provider
    }

    /// The judge of a run that begins `now`.
    pub(crate) fn judge(&self, ledger: Ledger, now: Timestamp) -> Judge {
        let subjects = subjects(
            self.subjects().as_ref(),
            self.engine.as_deref(),
            self.capabilities.iter().cloned().collect(),
        );
        Judge {
            ledger,
            subjects,
            now,
        }
    }

    /// The sides for the journal.
    pub(crate) fn subjects(&self) -> BySide<StoredSubject> {
        BySide::from_fn(|side| subject(&self.specs[side], &self.stage.0[side]))
    }
}

/// The engine, if there is a stand-in to need one.
async fn engine_of(
    standins: BySide<bool>,
    choice: EngineChoice,
    engines: &EngineSettings,
) -> Result<Option<Arc<dyn Engine>>, AppError> {
    if standins.iter().all(|(_, is_standin)| !is_standin) {
        return Ok(None);
    }
    let engine = choose_engine(choice, engines).await;
    let engine = engine.map_err(|error| AppError::usage(error.to_string()))?;
    Ok(Some(engine))
}

fn subject(spec: &SideSpec, stage: &SideStage) -> StoredSubject {
    let mut subject = StoredSubject {
        provider: spec.provider.name().to_owned(),
        lane: spec.lane.to_string(),
        stack: spec.stack.to_string(),
        ..StoredSubject::default()
    };
    match stage {
        SideStage::Recording(recording) => return recording.subject().clone(),
        SideStage::Standin(plan) => {
            "a local stand-in per case".clone_into(&mut subject.endpoint);
            subject.image = Some(match (&plan.docker_image, plan.image.as_str()) {
                (Some(image), _) => format!("{image} (Docker)"),
                (None, BUILT_IN_IMAGE) => format!("{BUILT_IN_IMAGE} (built in)"),
                (None, other) => other.to_owned(),
            });
        }
        SideStage::Deployed(side) => subject.endpoint.clone_from(&side.base),
        SideStage::Live(live) => {
            let facts = live.driver.facts();
            subject.endpoint = facts.endpoint;
            subject.api = facts.api;
            subject.daemon = facts.daemon;
            subject.image = facts.image;
            subject.region = facts.region;
        }
    }
    subject
}

fn spec(side: Side, text: &str) -> Result<SideSpec, AppError> {
    let wrong = |why: String| AppError::usage(format!("--{side}: {why}"));
    let spec: SideSpec = text.parse().map_err(|error| wrong(format!("{error}")))?;
    check_side(&spec).map_err(wrong)?;
    Ok(spec)
}

/// The earlier run that stands for a side, which then has the recording's stack.
fn recording(side: Side, spec: &mut SideSpec) -> Result<Option<SideStage>, AppError> {
    let Lane::Recording(path) = &spec.lane else {
        return Ok(None);
    };
    let recording = Recording::open(path, spec.provider)
        .map_err(|error| AppError::usage(format!("--{side}: {error}")))?;
    spec.stack = recording.stack();
    Ok(Some(SideStage::Recording(Arc::new(recording))))
}

/// `SIDE=KIND` for each fault; faults need a stand-in.
fn side_faults(
    faults: &[String],
    specs: &BySide<SideSpec>,
) -> Result<BySide<Vec<Fault>>, AppError> {
    let mut of_sides = BySide::<Vec<Fault>>::default();
    for text in faults {
        let wrong = |why: String| AppError::usage(format!("--fault {text}: {why}"));
        let (name, kind) = text
            .split_once('=')
            .ok_or_else(|| wrong("it takes SIDE=KIND, e.g. target=503".to_owned()))?;
        let fault: Fault = kind.parse().map_err(|error| wrong(format!("{error}")))?;
        let side = Side::BOTH.into_iter().find(|side| side.name() == name);
        let side = side.ok_or_else(|| wrong(format!("unknown side `{name}`; source or target")))?;
        if specs[side].lane != Lane::Standin {
            return Err(wrong(format!(
                "{} is no stand-in; only those can be made to fail",
                specs[side]
            )));
        }
        of_sides[side].push(fault);
    }
    Ok(of_sides)
}
