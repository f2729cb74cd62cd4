//! The two sides of a command, made ready from side specs: engine, stand-ins, live drivers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cutover_base::by_side::BySide;
use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;
use cutover_base::side::Side;
use cutover_standin::fault::{Fault, FaultSwitch};
use jiff::Timestamp;

use crate::app::corpus::Means;
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::settings::UserSettings;
use crate::call::{Lane, SideSpec};
use crate::compare::ledger::Ledger;
use crate::driver::http::HttpClients;
use crate::plan::Accounts;
use crate::run::SideBounds;
use crate::run::conclude::{Judge, subjects};
use crate::stage::{
    BUILT_IN_IMAGE, EngineChoice, Recording, SideStage, StandinPlan, TwoSides, capabilities,
    choose_engine, image_variable, live_driver,
};
use crate::transcript::event::StoredSubject;

/// Who is compared, as it was typed.
#[derive(Debug, Clone)]
pub(crate) struct SideSettings {
    /// The side of today and the one to come: `provider[@lane][/stack]`.
    pub(crate) specs: BySide<String>,
    /// What runs the stand-ins' sandboxes.
    pub(crate) engine: String,
    /// Whether the stand-ins' sandboxes may reach the host's network.
    pub(crate) allow_network: bool,
    /// Memory of one sandbox of a stand-in, in bytes.
    pub(crate) memory_bytes_max: u64,
    /// What the stand-ins get wrong: `SIDE=KIND`.
    pub(crate) faults: Vec<String>,
}

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
        let user = UserSettings::read()?;
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
        let drivers = specs
            .as_ref()
            .map(|spec| live(spec, &clients, environment, &mut secrets))
            .transpose()?;
        let uses_standin = specs.iter().any(|(_, spec)| spec.lane == Lane::Standin);
        let engine = if uses_standin {
            let engine = choose_engine(choice, &environment.program)
                .await
                .map_err(|error| AppError::usage(error.to_string()))?;
            Some(engine)
        } else {
            None
        };
        let standin = |side: Side| {
            let engine = Arc::clone(engine.as_ref()?);
            let plan = StandinPlan::new(specs[side].provider, engine, clients.clone());
            Some(SideStage::Standin(Box::new(StandinPlan {
                faults: FaultSwitch::new(faults[side].clone()),
                allow_network: settings.allow_network,
                memory_bytes_max: settings.memory_bytes_max,
                image: environment
                    .var(image_variable(specs[side].provider))
                    .unwrap_or_else(|| BUILT_IN_IMAGE.to_owned()),
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
            accounts: user.accounts,
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
            subject.image = Some(match plan.image.as_str() {
                BUILT_IN_IMAGE => format!("{BUILT_IN_IMAGE} (built in)"),
                other => other.to_owned(),
            });
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

fn spec(side: Side, text: &str) -> Result<SideSpec, AppError> {
    text.parse()
        .map_err(|error| AppError::usage(format!("--{side}: {error}")))
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
    for secret in known {
        if secrets.iter().all(|had| had.expose() != secret.expose()) {
            secrets.push(secret);
        }
    }
    Ok(Some(SideStage::Live(driver)))
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
